# SPDX-License-Identifier: Apache-2.0
"""A results database of rows written by hand: a sweep of two cells with two seeds on two benchmarks, an effect, two claims."""

import json
import sqlite3

import numpy

CLAIMS = """version: 1
claims:
  # A comment, and
  - name: second_better
    says: "The second: better"
    section: "1.1"
    sweep: llm
    factor: llm
    from: a
    to: b
    direction: higher
    size: 3.5
  - name: never_asked
    sweep: data_mix
    factor: finetune_data
    from: 665k
    to: 643k
    benchmark: scenetext
    direction: lower
    size: -4.8
"""
BENCHMARKS = ("words", "things")
PICTURES, QUESTIONS = 12, 3  # of a picture
OFF = {"blind": 0.3, "ocr": 0.2}  # by how much a control's score is lower


class Writer:
    def __init__(self, path, schema):
        path.unlink(missing_ok=True)
        self.database = sqlite3.connect(path)
        self.database.executescript(schema)
        self.database.execute("PRAGMA user_version = 4")

    def insert(self, table, **values):
        marks = ", ".join("?" * len(values))
        self.database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", [*values.values()])


def write_rows(path, schema):
    """Writes the database; returns its answers' scores: [benchmark][cell][seed][picture][question]."""
    scores = numpy.random.default_rng(5).random((2, 2, 2, PICTURES, QUESTIONS)) ** 2
    scores[:, 1] += 0.1
    writer = Writer(path, schema)
    writer.insert("sweep", sweep_id=1, name="llm", about="Which?", created="", spec_file="llm.yaml", spec_text="",
                  seeds_json="[1, 2]", benchmarks_json=json.dumps(BENCHMARKS))
    writer.insert("sweep_reading", sweep_id=1, plan_source="", statistics_current=1)
    for cell, seed in numpy.ndindex(2, 2):
        write_trial(writer, cell, seed, scores)
    for place, benchmark in enumerate(BENCHMARKS):
        write_answers(writer, place, benchmark, scores)
        for cell in (0, 1):
            write_cell(writer, cell, benchmark, float(scores[place, cell].mean()))
    for cell, level in enumerate("ab"):
        writer.insert("factor", sweep_id=1, position=0, name="llm", level_position=cell, level=level)
    for position, (benchmark, difference) in enumerate((("words", 0.00505), ("things", -0.0004), ("average", -0.01449))):
        writer.insert("effect", sweep_id=1, factor="llm", from_level="a", to_level="b", benchmark=benchmark, family="",
                      position=position, is_interaction=0, difference=difference, ci_low=-0.0137, ci_high=0.0238, p=0.0004,
                      p_holm=0.315, standard_error=0.0036, degrees_of_freedom=5.0, seed_variance=0.0, method="pooled",
                      questions=36, pictures=12, questions_left_out=0, seeds=2, matched_groups=1, cells=2,
                      also_differs="lora_alpha")
    writer.insert("claim_file", sweep_id=1, position=0, file="c", sha256="", recorded="", text=CLAIMS)
    writer.insert("claim_result", sweep_id=1, position=0, claim="second_better", says="The second: better", section="1.1",
                  factor="llm", from_level="a", to_level="b", benchmark="average", direction="higher", size=0.035,
                  verdict="contradicted", difference=-0.01449, ci_low=-0.0237, ci_high=-0.0038, p=0.01, p_holm=0.02, why="seen",
                  registered="before")
    writer.insert("leak", trial_id=12, benchmark="words", pictures=12, exact_pictures=1, shared_pictures=1, questions=36,
                  shared_questions=3, answered_questions=0, text="not zero-shot: 8 %")
    writer.database.commit()
    writer.database.close()
    return scores


def blind_scores(scores):
    """Those of the answers without the picture; the other control's answers are not there."""
    return numpy.roll(scores, 1, axis=3) - OFF["blind"]


def write_trial(writer, cell, seed, scores):
    level, trial = "ab"[cell], 10 * cell + seed + 1
    writer.insert("trial", trial_id=trial, sweep_id=1, name=f"llm={level},seed={seed + 1}", cell_number=cell, cell=f"llm={level}",
                  seed=seed + 1, status="done", levels_json=json.dumps({"llm": level}),
                  config_json=json.dumps({"llm": level, "n": 7}), source="", trained_parameters=1_830_000)
    writer.insert("provenance", trial_id=trial, cpu="A CPU", git_commit="abc", git_dirty=1, started="2026-01-01",
                  ended="2026-01-02")
    writer.insert("trial_stage", trial_id=trial, position=0, kind="finetune", key=str(trial), reused=0, seconds=60.0)
    writer.insert("stage", kind="finetune", key=str(trial), version="", parameters_json="", inputs_json="", made="", seconds=60.0,
                  host="", flops=2e12, energy_joules=1800.0)
    for place, benchmark in enumerate(BENCHMARKS):
        value = float(scores[place, cell, seed].mean())
        writer.insert("score", trial_id=trial, benchmark=benchmark, metric="accuracy", main=1, value=value)
        for control, off in OFF.items():
            writer.insert("score", trial_id=trial, benchmark=benchmark, metric=f"accuracy_{control}", main=0, value=value - off)


def write_answers(writer, place, benchmark, scores):
    writer.insert("question_set", question_set_id=place + 1, sweep_id=1, benchmark=benchmark, name="first")
    for picture, question in numpy.ndindex(PICTURES, QUESTIONS):
        key = 1000 * place + 10 * picture + question
        writer.insert("question", question_key=key, question_set_id=place + 1, question_id=str(key), image_id=f"p{picture}",
                      family="")
        for cell, seed in numpy.ndindex(2, 2):
            for control, given in (("", scores), ("blind", blind_scores(scores))):
                writer.insert("answer", trial_id=10 * cell + seed + 1, question_key=key, control=control, prediction="",
                              score=float(given[place, cell, seed, picture, question]))


def write_cell(writer, cell, benchmark, value):
    row = {"sweep_id": 1, "cell_number": cell, "benchmark": benchmark, "family": ""}
    writer.insert("cell_score", **row, metric="accuracy", value=value, ci_low=value - 0.023, ci_high=value + 0.023, seeds=2, n=36,
                  pictures=12, from_answers=1)
    for control, off in OFF.items():
        writer.insert("cell_control", **row, control=control, value=value - off, ci_low=value - off - 0.016,
                      ci_high=value - off + 0.016, margin=off, margin_ci_low=off - 0.015, margin_ci_high=off + 0.015)
