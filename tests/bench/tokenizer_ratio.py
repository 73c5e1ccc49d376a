#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens a second of imp's tokenizers beside the `tokenizers` wheel, on one core, the same tokenizer.json and text, alternating.

    tokenizer_ratio.py --probe build/release/tests/input_probe --rounds 5

The text is English (glosses of WordNet, some 500 bytes a paragraph); vocabularies of 50,257 (Phi's kind) and 49,152
(SmolLM2's) are trained on every second paragraph. Each round encodes all paragraphs once, with a tokenizer that was just
loaded and has encoded nothing; loading and the start of the process are outside the clock for both. The wheel's time is the
shortest of a loop of `encode`, `encode_batch` and `encode_batch_fast`, its parallelism off. Ids are compared."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parity"))
import tokenizer_corpus  # noqa: E402
import tokenizer_kinds  # noqa: E402


def wheel_seconds(folder, texts):
    from tokenizers import Tokenizer

    ways = {"encode": lambda t: [t.encode(text, add_special_tokens=False) for text in texts],
            "encode_batch": lambda t: t.encode_batch(texts, add_special_tokens=False),
            "encode_batch_fast": lambda t: t.encode_batch_fast(texts, add_special_tokens=False)}
    times = {}
    for name, run in ways.items():
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        before = time.perf_counter()
        encodings = run(tokenizer)
        times[name] = time.perf_counter() - before
    return times, sum(len(encoding.ids) for encoding in encodings)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", default=["phi", "smollm2"])
    parser.add_argument("--at-least", type=float, default=5e6, help="tokens a second imp must reach")
    options = parser.parse_args()
    texts = tokenizer_corpus.english()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        for kind in options.kinds:
            folder = pathlib.Path(name) / kind
            tokenizer_kinds.KINDS[kind](folder, texts[::2], {"phi": 50257, "smollm2": 49152}[kind])
            (folder / "lines.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts))
            rates, ratios = [], []
            for number in range(1, options.rounds + 1):
                done = subprocess.run([options.probe, "time-tokenize", str(folder), str(folder / "lines.jsonl")],
                                      capture_output=True, text=True, check=True)
                ours = json.loads(done.stdout)
                theirs, tokens = wheel_seconds(folder, texts)
                assert tokens == ours["tokens"], (tokens, ours)
                best = min(theirs, key=theirs.get)
                rates.append(tokens / ours["seconds"])
                ratios.append(theirs[best] / ours["seconds"])
                print(f"{kind} round {number}: {tokens} tokens; imp {rates[-1] / 1e6:.1f} M tokens/s, tokenizers "
                      f"{tokens / theirs[best] / 1e6:.2f} M ({best}); {ratios[-1]:.1f} times", flush=True)
            print(f"{kind}: median {statistics.median(rates) / 1e6:.1f} M tokens/s, {statistics.median(ratios):.1f} times `tokenizers`")
            failed = failed or statistics.median(rates) < options.at_least or statistics.median(ratios) <= 1
    sys.exit(failed)


if __name__ == "__main__":
    main()
