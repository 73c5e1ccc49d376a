# SPDX-License-Identifier: Apache-2.0
"""imp in bfloat16 against transformers in bfloat16.

Two programs that round to eight bits and add in different orders do not agree in every bit, so each is measured against
transformers in float32: imp may stray from it no further than transformers' own bfloat16 does, and where the two choose
different tokens the choice must have been closer than that rounding.
"""
import sys

import numpy

FURTHER = 1.25  # imp's root mean square error beside transformers', at most
FEWER = 0.03    # imp's share of float32's choices, at most so much below transformers'


def compare_choices(ours, theirs, exact):
    """Logits [prompts, vocabulary] of imp and of transformers in bfloat16 and of transformers in float32, as float32."""
    choice = lambda logits: logits.argmax(-1)
    share = lambda a, b: float((choice(a) == choice(b)).mean())
    error = lambda logits: float(numpy.sqrt(numpy.square(logits - exact).mean()))
    print(f"{len(exact)} prompts: imp and transformers choose alike in {share(ours, theirs):.1%}; as float32 does: imp "
          f"{share(ours, exact):.1%}, transformers {share(theirs, exact):.1%}; root mean square error of logits: imp "
          f"{error(ours):.4f}, transformers {error(theirs):.4f}, their deviation {exact.std():.3f}")
    if error(ours) > FURTHER * error(theirs):
        sys.exit(f"imp's logits are further from float32 than {FURTHER} times transformers'")
    if share(ours, exact) < share(theirs, exact) - FEWER:
        sys.exit("imp chooses as float32 does less often than transformers")
    rows = numpy.arange(len(exact))
    lead = exact.max(-1) - exact[rows, choice(ours)]  # by which float32 prefers its own choice
    bound = 2 * FURTHER * numpy.abs(theirs - exact).max()
    if lead.max() > bound:
        sys.exit(f"imp chose against a lead of {lead.max():.3f}, which rounding ({bound:.3f}) does not explain")
