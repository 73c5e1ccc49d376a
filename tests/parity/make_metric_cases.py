# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/metric_cases/lmms_eval_0.7.3.jsonl: generated inputs and what lmms-eval computes on them.

    python3 -m venv /tmp/lmms && /tmp/lmms/bin/pip install lmms-eval==0.7.3 --no-deps
    /tmp/lmms/bin/pip install numpy loguru sacrebleu
    /tmp/lmms/bin/python tests/parity/make_metric_cases.py

A line is {"metric": NAME, input keys..., computed keys...}; tests/eval/generated_cases_test.cpp reads it.
"""

import json
import math
import random
import sys
import types
from collections import Counter
from pathlib import Path

import lmms_eval

# lmms-eval's registry and task list import torch and more, none of which a metric here uses: the decorators do nothing
# instead, and the tasks are found without running their package's __init__.
tasks = types.ModuleType("lmms_eval.tasks")
tasks.__path__ = [str(Path(lmms_eval.__file__).parent / "tasks")]
sys.modules["lmms_eval.tasks"] = tasks
registry = types.ModuleType("lmms_eval.api.registry")
registry.register_metric = registry.register_aggregation = lambda *_, **__: lambda function: function
sys.modules["lmms_eval.api.registry"] = registry

from lmms_eval.api import metrics
from lmms_eval.tasks._task_utils.vqa_eval_metric import EvalAIAnswerProcessor
from lmms_eval.tasks.chartqa import utils as chartqa
from lmms_eval.tasks.mme import utils as mme
from lmms_eval.tasks.ocrbench import utils as ocrbench
from lmms_eval.tasks.pope import utils as pope
from lmms_eval.tasks.scienceqa import utils as scienceqa
from lmms_eval.tasks.textvqa import utils as textvqa
from lmms_eval.tasks.vqav2 import utils as vqav2

WORDS = (
    "the a an The AN none zero one Two three ten eleven stop EXIT coca-cola 7up pepsi nokia yes no Yes No not "
    "don't dont Im I'm its it's let's shes she's cant can't wouldnt've y'all'll yall o'clock oclock maam "
    "somebody's somebodys theyre 12 24/7 $5.99 1,000 1,000,000 3.14 .5 5. U.S.A. e.g. St. #1 50% 5% x^2+y a.m. "
    "café CAFÉ naïve straße STRASSE ﬁn ΟΔΟΣ ΣΑΣ σ İstanbul ıssız ǅ ŉ ЯНДЕКС Яндекс ａｂＣ １２ ١٢ ١,٢ ४२ ½ ² 日本 🙂 é ά"
).split()
MARKS = list(";/[]\"{}()=+\\_-><@`,?!.'s:&*^~|$#%")
SPACES = [" ", " ", " ", " ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2028", "\x1c", "\x85", "\x0b", "\u200b"]
NUMBERS = (
    "0 -0 0.0 1 -1 5 10 42 100 2014 3.14 .5 5. 1e3 1E-3 1e 1e400 -1e400 1e-400 4.9e-324 inf -inf Infinity nan NaN +nan "
    "1_000 1__0 _1 1_ 1,000 0x10 ١٢ ４２ ४.५ ½ 12% 12%% % 5 % $5 abc True None 1.0.0 +5 +-5 ++5 1e+5 1e5.0 1d5 1f"
).split(" ")


def pick(rng, items):
    return items[rng.randrange(len(items))]


def some_text(rng):
    parts = []
    for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4, 6])):
        word = pick(rng, WORDS)
        kind = rng.random()
        if kind < 0.15:
            word = word.upper()
        elif kind < 0.3:
            word = word.lower()
        if rng.random() < 0.25:
            word += pick(rng, MARKS)
        if rng.random() < 0.15:
            word = pick(rng, MARKS) + word
        parts.append(word)
        parts.append(pick(rng, SPACES) if rng.random() < 0.8 else pick(rng, MARKS))
    if parts and rng.random() < 0.7:
        parts.pop()
    if rng.random() < 0.02:
        parts.append("." * rng.randrange(30, 40))
    return "".join(parts)


def near(rng, text):
    """The text, or a small change of it."""
    kind = rng.random()
    if kind < 0.4:
        return text
    if kind < 0.5:
        return text.upper()
    if kind < 0.6:
        return text.lower()
    if kind < 0.7:
        return pick(rng, SPACES) + text + pick(rng, MARKS)
    if kind < 0.9 and text:
        at = rng.randrange(len(text))
        return text[:at] + pick(rng, ["", "x", "-", " ", ","]) + text[at + 1 :]
    return some_text(rng)


def number_text(rng):
    kind = rng.random()
    if kind < 0.45:
        return pick(rng, NUMBERS)
    value = rng.uniform(-100, 3000)
    text = pick(rng, ["%d", "%.1f", "%.2f", "%e", "%d%%", "%.1f%%"]) % value
    return pick(rng, ["", "", "", " ", "\n", "\u00a0", "\x1c"]) + text + pick(rng, ["", "", "", " ", "%", "."])


def vqa_normalize(rng):
    text = some_text(rng)
    vqa = EvalAIAnswerProcessor()
    flat = text.replace("\n", " ").replace("\t", " ").strip()
    return {
        "text": text,
        "normalized_lmms_eval": vqa(text),
        "normalized_lmms_eval_vqav2": vqa.process_digit_article(vqa.process_punctuation(flat)),
    }


def vqa_accuracy(rng):
    base = some_text(rng)
    answers = [near(rng, base) if rng.random() < 0.6 else some_text(rng) for _ in range(10)]
    prediction = near(rng, pick(rng, answers))
    text_doc = {"question_id": 1, "answers": list(answers)}
    v2_doc = {"question_id": 1, "answers": [{"answer": a, "answer_id": i} for i, a in enumerate(answers)]}
    return {
        "prediction": prediction,
        "answers": answers,
        "score_lmms_eval_textvqa": float(textvqa.textvqa_process_results(text_doc, [prediction])["exact_match"]),
        "score_lmms_eval_vqav2": float(vqav2.vqav2_process_results(v2_doc, [prediction])["exact_match"]),
    }


def anls(rng):
    answers = [some_text(rng) for _ in range(rng.randrange(1, 5))]
    prediction = near(rng, near(rng, pick(rng, answers)))
    return {"prediction": prediction, "answers": answers, "score": metrics.anls(answers, [prediction])["anls"]}


def relaxed_accuracy(rng):
    answer = number_text(rng) if rng.random() < 0.85 else some_text(rng)
    kind = rng.random()
    prediction = near(rng, answer) if kind < 0.4 else number_text(rng)
    if kind > 0.6:
        try:
            factor = rng.choice([0.94, 0.95, 0.951, 0.99, 1.0, 1.01, 1.05, 1.06])
            prediction = repr(float(answer) * factor)
        except ValueError:
            pass
    score = 1.0 if chartqa.relaxed_correctness(prediction, answer) else 0.0
    return {"prediction": prediction, "answer": answer, "score": score}


def ocrbench_case(rng):
    answers = [some_text(rng) for _ in range(rng.randrange(1, 4))]
    prediction = some_text(rng) + near(rng, pick(rng, answers)) + pick(rng, ["", " ", "\n", some_text(rng)])
    dataset = pick(rng, ["HME100k", "textVQA", "docVQA", "IIIT5K"])
    answers = answers[0] if rng.random() < 0.4 else answers
    doc = {"answer": answers, "dataset": dataset, "question_type": "Scene Text-centric VQA"}
    score = ocrbench.ocrbench_process_results(doc, [prediction])["ocrbench_accuracy"]["score"]
    return {"prediction": prediction, "answers": answers, "dataset": dataset, "score": score}


def exact_match_gqa(rng):
    answer = some_text(rng)
    prediction = near(rng, answer)
    result = metrics.exact_match_hf_evaluate([prediction], [answer], ignore_case=True, ignore_punctuation=True)
    return {"prediction": prediction, "answer": answer, "score": float(result["exact_match"])}


def yes_no_text(rng):
    if rng.random() < 0.3:
        return some_text(rng)
    parts = [pick(rng, ["yes", "no", "Yes", "No", "NO", "not", "y", "n", "there", "is", "nope", "know", "İ", ""]) for _ in range(rng.randrange(1, 4))]
    return pick(rng, ["", "", " ", "\n", "\u00a0"]) + pick(rng, [" ", ", ", ". ", "."]).join(parts) + pick(rng, ["", ".", "!", "\n", ","])


def yes_no(rng):
    prediction = yes_no_text(rng)
    parsed = pope.pope_process_results({"answer": "yes", "question_id": 0}, [prediction])["pope_accuracy"]["prediction"]
    return {"prediction": prediction, "parsed_mme": mme.parse_pred_ans(prediction), "parsed_lmms_eval_pope": parsed}


def pope_metrics(rng):
    rows = []
    for _ in range(rng.randrange(1, 30)):
        prediction = pick(rng, ["yes", "no", "Yes", "No "]) if rng.random() < 0.7 else yes_no_text(rng)
        rows.append({"prediction": prediction, "label": pick(rng, ["yes", "no"])})
    results = [
        pope.pope_process_results({"answer": row["label"], "question_id": i}, [row["prediction"]])["pope_accuracy"]
        for i, row in enumerate(rows)
    ]
    lmms_eval = {
        "accuracy": pope.pope_aggregate_accuracy(results),
        "precision": pope.pope_aggregate_precision(results),
        "recall": pope.pope_aggregate_recall(results),
        "f1": pope.pope_aggregate_f1_score(results),
        "yes_ratio": pope.pope_aggregate_yes_ratio(results),
    }
    return {"rows": rows, "lmms_eval": lmms_eval}


def mme_case(rng):
    categories = mme.eval_type_dict["Perception"] + mme.eval_type_dict["Cognition"]
    rows = []
    for category in rng.sample(categories, rng.randrange(1, 6)):
        for image in range(rng.randrange(1, 4)):
            for _ in range(2):
                label = pick(rng, ["Yes", "No"])
                prediction = label if rng.random() < 0.6 else yes_no_text(rng)
                rows.append({"image": f"{category}/{image}.png", "category": category, "prediction": prediction, "label": label})
    results = {"mme_perception_score": [], "mme_cognition_score": []}
    for row in rows:
        doc = {"question_id": row["image"], "category": row["category"], "answer": row["label"]}
        for key, value in mme.mme_process_results(doc, [row["prediction"]]).items():
            results[key].append(value)
    sums = {key: mme.mme_aggregate_results(value) if value else None for key, value in results.items()}
    return {"rows": rows, "perception": sums["mme_perception_score"], "cognition": sums["mme_cognition_score"]}


def option_letter(rng):
    choices = rng.randrange(2, 12)
    answer = rng.randrange(choices)
    letter = pick(rng, [chr(65 + answer), chr(65 + rng.randrange(choices)), "K", "\u212a", "É"])
    form = pick(rng, ["{}", "{}.", "{}. because", " {} ", "{}\n", "({})", "{}: x", "The answer is {}.", "{}", "{}.{}", "."])
    prediction = form.format(letter, letter)
    prediction = prediction.lower() if rng.random() < 0.2 else prediction
    score = scienceqa.sqa_process_results({"choices": [""] * choices, "answer": answer}, [prediction])["exact_match"]
    return {"prediction": prediction, "num_choices": choices, "answer": answer, "score_lmms_eval": score}


def clustered_standard_error(rng):
    n = rng.randrange(2, 60)
    scores = [round(rng.choice([0.0, 1.0, rng.random()]), 4) for _ in range(n)]
    clusters = [f"i{rng.randrange(1 + n // 3)}" for _ in range(n)]
    return {"scores": scores, "clusters": clusters, "standard_error": metrics.clustered_stderr(scores, clusters)}


CASES = {
    "vqa_normalize": (vqa_normalize, 3000),
    "vqa_accuracy": (vqa_accuracy, 1500),
    "anls": (anls, 2000),
    "relaxed_accuracy": (relaxed_accuracy, 2500),
    "ocrbench": (ocrbench_case, 1200),
    "exact_match_gqa": (exact_match_gqa, 1200),
    "yes_no": (yes_no, 1000),
    "option_letter": (option_letter, 600),
    "pope_metrics": (pope_metrics, 100),
    "mme": (mme_case, 60),
    "clustered_standard_error": (clustered_standard_error, 100),
}


def main():
    path = Path(__file__).resolve().parents[1] / "data" / "metric_cases" / "lmms_eval_0.7.3.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    counts = Counter()
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for name, (make, wanted) in CASES.items():
            rng = random.Random(name)
            while counts[name] < wanted:
                try:
                    case = make(rng)
                except ValueError as error:  # the square root of a rounding below zero in clustered_stderr
                    print(f"{name}: left out a case: {error}", file=sys.stderr)
                    continue
                if any(isinstance(v, float) and math.isnan(v) for v in case.values()):
                    continue
                out.write(json.dumps({"metric": name, **case}, ensure_ascii=False, separators=(",", ":")) + "\n")
                counts[name] += 1
    print(f"{sum(counts.values())} cases, {path.stat().st_size} bytes: {path}")


if __name__ == "__main__":
    main()
