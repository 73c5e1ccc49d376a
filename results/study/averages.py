# SPDX-License-Identifier: Apache-2.0
"""Cells' averages over benchmarks with their intervals, from the scores and answers in the results database."""

import json

import intervals

CONTROLS = ["blind", "shuffled", "ocr"]  # results/controls.h
TOLERANCE = 1e-6  # between a score and the mean of its answers


def stated_scores(database, sweep_id):
    """{'' or control: {(benchmark, cell number): [score, one a seed]}} as the trials state them."""
    stated = {control: {} for control in ["", *CONTROLS]}
    rows = database.execute(
        "SELECT s.benchmark AS benchmark, t.cell_number AS number, s.metric AS metric, o.metric AS other, o.value AS value "
        "FROM trial AS t JOIN score AS s USING (trial_id) JOIN score AS o ON o.trial_id = t.trial_id AND o.benchmark = s.benchmark "
        "WHERE t.sweep_id = ? AND t.status = 'done' AND s.main = 1 ORDER BY t.seed, t.trial_id", [sweep_id])
    for row in rows:
        for control, values in stated.items():
            if row["other"] == row["metric"] + (f"_{control}" if control else ""):
                values.setdefault((row["benchmark"], row["number"]), []).append(row["value"])
    return stated


def differences(stated, control):
    """As stated_scores(): score - control."""
    return {key: [score - other for score, other in zip(stated[""][key], others)] for key, others in stated[control].items()
            if len(others) == len(stated[""].get(key, []))}


def picture_sums(database, sweep_id):
    """{'' or control: {(benchmark, cell number, seed): {picture: (sum of the answers' scores, questions)}}}"""
    sums = {control: {} for control in ["", *CONTROLS]}
    rows = database.execute(
        "SELECT control, benchmark, cell_number, seed, image_id, sum(score), count(*) FROM trial JOIN answer USING (trial_id) "
        "JOIN question USING (question_key) JOIN question_set USING (question_set_id, sweep_id) "
        "WHERE sweep_id = ? AND status = 'done' GROUP BY control, trial_id, benchmark, image_id", [sweep_id])
    for control, benchmark, number, seed, picture, score, questions in rows:
        sums[control].setdefault((benchmark, number, seed), {})[picture] = (score, questions)
    return sums


def minus(run, score):
    """A run's score - control by picture, where both were asked alike."""
    return {picture: (score.get(picture, (0.0, 0))[0] - other, questions) for picture, (other, questions) in run.items()
            if score.get(picture, (0.0, 0))[1] == questions}


def averages(benchmarks, names, stated, sums):
    """{cell number: (mean over the benchmarks, half its interval)} of the cells that have a score on each.

    No interval where a cell's answers were not all read in, or are not what its score is the mean of."""
    found, groups = {}, {}
    for number in names:
        scores = [stated.get((benchmark, number)) for benchmark in benchmarks]
        if not all(scores):
            continue
        found[number] = (sum(sum(values) / len(values) for values in scores) / len(scores), None)
        runs = [sorted(key for key in sums if key[:2] == (benchmark, number)) for benchmark in benchmarks]
        asked = [{picture: questions for picture, (_, questions) in sums[keys[0]].items()} if keys else {} for keys in runs]
        is_complete = len(set(map(len, scores))) == 1
        is_complete = is_complete and all(len(keys) == len(values) and len(pictures) > 1 and
                                          all({p: n for p, (_, n) in sums[key].items()} == pictures for key in keys)
                                          for keys, values, pictures in zip(runs, scores, asked))
        if is_complete:
            groups.setdefault(json.dumps([len(scores[0]), asked], sort_keys=True), []).append((number, runs))
    for alike, cells in groups.items():
        parts = []
        for place, pictures in enumerate(json.loads(alike)[1]):
            parts.append(intervals.PictureSums(list(pictures.values()), {
                number: [[sums[key][picture][0] for picture in pictures] for key in runs[place]] for number, runs in cells}))
        means = {number: sum(sum(part.means()[number]) / len(part.means()[number]) for part in parts) / len(parts)
                 for number, _ in cells}
        for number, width in intervals.average_half_widths(parts).items():
            if abs(means[number] - found[number][0]) < TOLERANCE:
                found[number] = (found[number][0], width)
    return found
