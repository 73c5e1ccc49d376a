# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/metric_cases/m4c_stvqa.jsonl: generated inputs and what M4C's evaluator computes on them.

    python3 -m venv /tmp/m4c && /tmp/m4c/bin/pip install editdistance
    /tmp/m4c/bin/python tests/eval/make_stvqa_cases.py m4c_evaluators.py

The evaluator is mmf/utils/m4c_evaluators.py of facebookresearch/mmf, which LLaVA's m4c_evaluator.py copies. A line is
{"metric": "stvqa", input keys..., computed keys...}; tests/eval/generated_cases_test.cpp reads it.
"""

import importlib.util
import json
import random
import sys
from pathlib import Path

WORDS = ("the a an stop EXIT Coca-Cola 7up yes No dont can't it's 12 24/7 $5.99 1,000 3.14 .5 U.S.A. St. #1 50% café CAFÉ straße ﬁn "
         "ΟΔΟΣ İstanbul 日本 １２ left-right main street (old) \"quoted\" two ten").split()
SPACES = [" ", " ", " ", "  ", "\n", "\t", "\u00a0"]


def some_text(rng):
    words = [rng.choice(WORDS) for _ in range(rng.randint(1, 4))]
    return words[0] + "".join(rng.choice(SPACES) + word for word in words[1:]) + rng.choice(["", "", "", ".", "?", " "])


def near(rng, text):
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(["", "x", "-", " "]) + text[at + rng.randint(0, 1) :]
    return rng.choice([text, text, text.upper(), text.lower(), f" {text}\n"])


def main():
    spec = importlib.util.spec_from_file_location("m4c_evaluators", sys.argv[1])
    m4c = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(m4c)
    similarity, accuracy = m4c.STVQAANLSEvaluator(), m4c.STVQAAccuracyEvaluator()
    rng = random.Random("stvqa")
    path = Path(__file__).resolve().parents[1] / "data" / "metric_cases" / "m4c_stvqa.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for _ in range(2000):
            answers = [some_text(rng) for _ in range(rng.randint(1, 3))]
            prediction = near(rng, rng.choice(answers)) if rng.random() < 0.8 else rng.choice(["", some_text(rng)])
            entry = [{"pred_answer": prediction, "gt_answers": answers}]
            case = {"metric": "stvqa", "prediction": prediction, "answers": answers, "anls_m4c": similarity.eval_pred_list(entry),
                    "accuracy_m4c": accuracy.eval_pred_list(entry)}
            out.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
