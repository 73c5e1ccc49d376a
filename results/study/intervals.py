# SPDX-License-Identifier: Apache-2.0
"""Intervals that the database does not keep: of a cell's average over benchmarks, and what an effect's test resolves.

The database keeps each cell's interval on each benchmark, and each effect's, on the average over benchmarks too. That of a cell's
own average is computed here from the answers, by the same estimator (results/statistics/contrast.h, decision 15 of DESIGN.md).
"""

import functools
import math
from dataclasses import dataclass

CONFIDENCE, POWER = 0.95, 0.8
SIMPSON_STEPS = 400  # quantiles come out within 1e-7 of R's qt()


@functools.lru_cache(maxsize=None)
def spread_nodes(degrees):
    """Points and weights of Simpson's rule for a mean over S = chi(degrees) / sqrt(degrees); degrees of 1 or more.

    The steps are even in the fourth root of S, since its density at 0 is as S^(degrees - 1), which has no slope there."""
    around = 10.0 / math.sqrt(2.0 * degrees)
    low, high = max(0.0, 1.0 - around) ** 0.25, (1.0 + around) ** 0.25
    step = (high - low) / SIMPSON_STEPS
    scale = math.log(2.0) + degrees / 2.0 * math.log(degrees / 2.0) - math.lgamma(degrees / 2.0)
    nodes = []
    for i in range(SIMPSON_STEPS + 1):
        root = max(low + i * step, 1e-60)
        s = root ** 4
        density = 4.0 * root ** 3 * math.exp(scale + (degrees - 1.0) * math.log(s) - degrees * s * s / 2.0)
        nodes.append((s, density * step / 3.0 * (1 if i in (0, SIMPSON_STEPS) else 4 if i % 2 else 2)))
    return nodes


def chance_below(t, degrees, shift=0.0):
    """P(T <= t) of Student's t, noncentral by `shift`: the mean of P(Z + shift <= t S)."""
    return sum(weight * 0.5 * (1.0 + math.erf((t * s - shift) / math.sqrt(2.0))) for s, weight in spread_nodes(degrees))


def halved(is_above, low, high):
    """Where `is_above` turns true between low and high."""
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if is_above(middle) else (middle, high)
    return 0.5 * (low + high)


@functools.lru_cache(maxsize=None)
def t_quantile(probability, degrees):
    """The t with P(T <= t) = probability; probability of 0.5 to 0.995, degrees of 1 or more."""
    return halved(lambda t: chance_below(t, degrees) >= probability, 0.0, 100.0)


def half_width(error, degrees):
    """Of the 95 % interval."""
    return t_quantile(0.5 + CONFIDENCE / 2.0, degrees) * error


def smallest_effect(error, degrees):
    """The smallest true difference that a two-sided test at 5 % sees 8 times in 10, given an effect's standard error."""
    limit = t_quantile(0.5 + CONFIDENCE / 2.0, degrees)
    seen = lambda shift: 1.0 - chance_below(limit, degrees, shift) + chance_below(-limit, degrees, shift)
    return halved(lambda shift: seen(shift) >= POWER, 0.0, 2.0 * (limit + t_quantile(POWER, degrees))) * error


@dataclass
class PictureSums:
    """Scores of some cells on a benchmark, all with as many seeds and the same questions, added up by picture."""
    questions: list  # number of questions, one a picture
    runs: dict       # {cell: [[sum of scores, one a picture], one a seed]}

    def means(self):
        """{cell: [score, one a seed]}"""
        return {cell: [sum(run) / sum(self.questions) for run in runs] for cell, runs in self.runs.items()}

    def of_sample(self):
        """What makes a sum of squares over the pictures the variance of a mean over the questions."""
        pictures = len(self.questions)
        return pictures / (pictures - 1.0) / sum(self.questions) ** 2


def centred(values):
    mean = sum(values) / len(values)
    return [value - mean for value in values]


def squares(values):
    return sum(value * value for value in values)


def pooled_deviation(seed_scores):
    """The standard deviation of a cell's score over its seeds, {cell: [score, one a seed]}, all cells together."""
    degrees = sum(len(scores) - 1 for scores in seed_scores.values())
    return math.sqrt(sum(squares(centred(scores)) for scores in seed_scores.values()) / degrees) if degrees else None


def question_part(benchmarks, degrees):
    """What questions alone add to the mean square of the seeds (R in contrast.h)."""
    part = 0.0
    for benchmark in benchmarks:
        means, total = benchmark.means(), 0.0
        for cell, runs in benchmark.runs.items():
            for place, questions in enumerate(benchmark.questions):
                total += squares(centred([run[place] - questions * mean for run, mean in zip(runs, means[cell])]))
        part += total * benchmark.of_sample()
    return part / len(benchmarks) ** 2 / degrees


def picture_variances(benchmarks, cell):
    """Of the cell's average, one a benchmark: what other pictures would change, as these seeds see it."""
    for benchmark in benchmarks:
        runs = benchmark.runs[cell]
        mean = sum(map(sum, runs)) / sum(benchmark.questions) / len(runs)
        off = [sum(sums) / len(runs) - questions * mean for sums, questions in zip(zip(*runs), benchmark.questions)]
        yield squares(off) * benchmark.of_sample() / len(benchmarks) ** 2


def average_half_widths(benchmarks):
    """{cell: half the 95 % interval of its mean over the benchmarks}, whose pictures are taken as different ones.

    The mean of a cell in results/statistics/contrast.h: with a single benchmark it is the interval that the database keeps."""
    scores = {cell: [sum(run) / len(benchmarks) for run in zip(*(b.means()[cell] for b in benchmarks))]
              for cell in benchmarks[0].runs}
    own = {cell: squares(centred(values)) for cell, values in scores.items()}
    own_degrees = len(next(iter(scores.values()))) - 1
    degrees = own_degrees * len(scores)
    part = question_part(benchmarks, degrees) if degrees else 0.0
    widths = {}
    for cell in scores:
        variances = list(picture_variances(benchmarks, cell))
        of_questions, of_seeds, at_least = sum(variances), 0.0, 0.0
        over_degrees = sum(variance ** 2 / (len(b.questions) - 1) for variance, b in zip(variances, benchmarks))
        if degrees:
            mean_square, known = moderated(own[cell], own_degrees, sum(own.values()), degrees)
            share = 1.0 / (own_degrees + 1)
            of_questions, of_seeds = max(0.0, of_questions - share * part), share * mean_square
            at_least = share * max(mean_square, part)
            over_degrees += at_least ** 2 / known
        freedom = (of_questions + at_least) ** 2 / over_degrees if over_degrees > 0.0 else 1.0
        widths[cell] = half_width(math.sqrt(of_questions + of_seeds), max(1.0, freedom))
    return widths


def moderated(own, own_degrees, all_cells, degrees):
    """A cell's mean square of seeds with its degrees of freedom, from its own sum of squares and that of all cells.

    The other cells are a prior worth one more seed of the cell (Smyth, 2004, as contrast.h has it)."""
    rest_degrees = degrees - own_degrees
    if not rest_degrees:
        return all_cells / degrees, degrees
    prior = 1.0 / (1.0 / rest_degrees + 1.0)
    return (prior * (all_cells - own) / rest_degrees + own) / (prior + own_degrees), prior + own_degrees
