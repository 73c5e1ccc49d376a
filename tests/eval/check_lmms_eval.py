# SPDX-License-Identifier: Apache-2.0
"""Scores one predictions file a benchmark with imp-eval and with lmms-eval's own process_results and aggregations.

    check_lmms_eval.py SCRATCH --imp-eval build/release/bin/imp-eval

The annotations are made in the official layouts (tests/bench/make_benchmarks.py) and turned here into the documents of
lmms-eval's data sets; the answers are right ones, right ones written differently, near misses, others' and empty ones. Every
number of ours that carries lmms-eval's name, or whose form is lmms-eval's, must be equal to 1e-9. Needs lmms-eval 0.7.3 and
pandas; exit 77 if they are absent.
"""

import argparse
import contextlib
import io
import json
import random
import subprocess
import sys
import types
from importlib.util import find_spec
from pathlib import Path

if not find_spec("lmms_eval") or not find_spec("pandas"):
    print("lmms-eval or pandas is absent: requirements-models.txt and requirements-test.txt name them")
    sys.exit(77)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
import make_benchmarks

import lmms_eval


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module


def no_decoration(*_, **__):
    return lambda function: function


# The registry and the tasks' package import torch and more, none of which a metric here uses; sacrebleu is for other metrics.
stand_in("lmms_eval.tasks", __path__=[str(Path(lmms_eval.__path__[0]) / "tasks")])
stand_in("lmms_eval.api.registry", register_metric=no_decoration, register_aggregation=no_decoration)
if not find_spec("sacrebleu"):
    stand_in("sacrebleu")
if not find_spec("loguru"):
    log = lambda *_, **__: None
    stand_in("loguru", logger=types.SimpleNamespace(info=log, warning=log, debug=log, error=log))
else:
    from loguru import logger

    logger.remove()

from lmms_eval.api import metrics
from lmms_eval.tasks.chartqa import utils as chartqa
from lmms_eval.tasks.mmbench import en_utils as mmbench
from lmms_eval.tasks.mme import utils as mme
from lmms_eval.tasks.ocrbench import utils as ocrbench
from lmms_eval.tasks.pope import utils as pope
from lmms_eval.tasks.scienceqa import utils as scienceqa
from lmms_eval.tasks.textvqa import utils as textvqa
from lmms_eval.tasks.vizwiz_vqa import utils as vizwiz
from lmms_eval.tasks.vqav2 import utils as vqav2


class Asked:
    """A question: our id of it, lmms-eval's document, a right answer, and the answer that is scored."""

    def __init__(self, question_id, document, right):
        self.question_id, self.document, self.right, self.answer = question_id, document, right, None


def load(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_textvqa(path):
    return [Asked(r["question_id"], {"question_id": r["question_id"], "answers": list(r["answers"])}, r["answers"][0]) for r in load(path)["data"]]


def read_vqav2(path):
    records = load(path.with_name("v2_mscoco_val2014_annotations.json"))["annotations"]
    return [Asked(r["question_id"], {"question_id": r["question_id"], "answers": r["answers"]}, r["answers"][0]["answer"]) for r in records]


def read_vizwiz(path):
    asked = []
    for record in load(path):
        answers = [answer["answer"] for answer in record["answers"]]
        asked.append(Asked(record["image"], {"question_id": Path(record["image"]).stem, "answers": answers}, answers[0]))
    return asked


def read_documents(path):
    return [Asked(r["questionId"], {"answers": r["answers"]}, r["answers"][-1]) for r in load(path)["data"]]


def read_chartqa(path):
    asked = []
    for family in ["human", "augmented"]:
        for number, record in enumerate(load(path / f"test_{family}.json")):
            asked.append(Asked(f"{family}/{number}", {"type": f"{family}_test", "answer": record["label"]}, record["label"]))
    return asked


def read_gqa(path):
    return [Asked(name, {"answer": record["answer"]}, record["answer"]) for name, record in load(path).items()]


def read_pope(path):
    asked = []
    for kind in ["random", "popular", "adversarial"]:
        for line in (path / f"coco_pope_{kind}.json").read_text().splitlines():
            record = json.loads(line)
            asked.append(Asked(f"{kind}/{record['question_id']}", {"question_id": record["question_id"], "answer": record["label"]}, record["label"]))
    return asked


def read_mme(path):
    asked = []
    for text in sorted(path.glob("*/*.txt")):
        for number, line in enumerate(text.read_text().splitlines(), 1):
            label = line.split("\t")[1]
            picture = f"{text.parent.name}/{text.stem}.jpg"
            asked.append(Asked(f"{picture}/{number}", {"question_id": picture, "category": text.parent.name, "answer": label}, label))
    return asked


def read_ocrbench(path):
    # The ids of the file count within each data set; ours are places.
    return [Asked(place, {"answer": r["answers"], "dataset": r["dataset_name"], "question_type": r["type"]},
                  r["answers"][0] if isinstance(r["answers"], list) else r["answers"]) for place, r in enumerate(load(path))]


def read_scienceqa(path):
    test = set(load(path.with_name("pid_splits.json"))["test"])
    return [Asked(name, {"choices": r["choices"], "answer": r["answer"]}, chr(65 + r["answer"]))
            for name, r in load(path).items() if name in test and r["image"]]


def read_mmbench(path):
    import csv

    csv.field_size_limit(10**7)
    asked = []
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            document = {key: value for key, value in row.items() if value and key != "image"}
            document.update(index=int(row["index"]), hint=row["hint"] or "nan", **{"L2-category": row["l2-category"]})
            asked.append(Asked(int(row["index"]), document, row["answer"]))
    return asked


def near(rng, asked, others):
    """An answer to the question: the right one, as another would write it, a little wrong, someone else's, or none."""
    right = asked.right
    at = rng.randrange(len(right))
    return rng.choice([right, right, right, right.upper(), right.capitalize() + ".", f" {right}\n", f"the {right}", right[:at] + right[at + 1:],
                       f"{right}, I think", f"It is {right}", f"({right})", rng.choice(others).right, make_benchmarks.phrase(rng), ""])


def near_number(rng, asked, others):
    try:
        number = float(asked.right.rstrip("%"))
    except ValueError:
        return near(rng, asked, others)
    return rng.choice([near(rng, asked, others), repr(number * rng.choice([0.94, 0.951, 1.0, 1.04, 1.06])), f"{number}%"])


def near_letter(rng, asked, _):
    """Forms on which every reader of options agrees."""
    letter = rng.choice([asked.right] * 9 + ["A", "B", "C"])
    return rng.choice([letter, f"{letter}.", f"({letter})", f"{letter}. as is seen", f"{letter}:"])


def near_yes(rng, asked, _):
    return rng.choice([asked.right] * 4 + ["Yes", "no", "Yes.", "No, there is none", "yes it is", "Nothing", "y", "n", ""])


def mean(process, key):
    return lambda asked: {key: metrics.mean([process(one.document, [one.answer])[key] for one in asked])}


def score_documents(asked):
    return {"anls": metrics.mean([metrics.anls(one.document["answers"], [one.answer])["anls"] for one in asked])}


def score_gqa(asked):
    score = lambda one: metrics.exact_match_fn(predictions=[one.answer], references=[one.document["answer"]], ignore_case=True, ignore_punctuation=True)
    return {"exact_match": metrics.mean([float(score(one)["exact_match"]) for one in asked])}


def score_chartqa(asked):
    results = [chartqa.chartqa_process_results(one.document, [one.answer]) for one in asked]
    keys = ["relaxed_overall", "relaxed_human_split", "relaxed_augmented_split"]
    return {key: metrics.mean([result[key] for result in results if key in result]) for key in keys}


def score_pope(asked):
    results = [pope.pope_process_results(one.document, [one.answer]) for one in asked]
    aggregations = {"accuracy": pope.pope_aggregate_accuracy, "precision": pope.pope_aggregate_precision, "recall": pope.pope_aggregate_recall,
                    "f1_score": pope.pope_aggregate_f1_score, "yes_ratio": pope.pope_aggregate_yes_ratio}
    return {name: aggregate([result[f"pope_{name}"] for result in results]) for name, aggregate in aggregations.items()}


def score_mme(asked):
    results = {"mme_perception_score": [], "mme_cognition_score": []}
    for one in asked:
        for key, value in mme.mme_process_results(one.document, [one.answer]).items():
            results[key].append(value)
    return {key: mme.mme_aggregate_results(values) for key, values in results.items()}


def score_ocrbench(asked):
    results = [ocrbench.ocrbench_process_results(one.document, [one.answer])["ocrbench_accuracy"] for one in asked]
    return {"ocrbench_accuracy": ocrbench.ocrbench_aggregate_accuracy(results, ARGUMENTS) * 1000}


def score_mmbench(asked):
    results = [mmbench.mmbench_process_results(one.document, [one.answer])["gpt_eval_score"] for one in asked]
    return {"gpt_eval_score": mmbench.mmbench_aggregate_dev_results_static(results, ARGUMENTS) / 100}


ARGUMENTS = types.SimpleNamespace(output_path=None)  # where aggregations write their files; set by main

# Reader of the annotations, maker of answers, lmms-eval's score, and for each of its numbers where ours stands in the report.
CHECKS = {
    "textvqa": (read_textvqa, near, mean(textvqa.textvqa_process_results, "exact_match"), {"exact_match": "value"}),
    "vqav2": (read_vqav2, near, mean(vqav2.vqav2_process_results_val, "exact_match"), {"exact_match": "value"}),
    "vizwiz": (read_vizwiz, near, mean(vizwiz.vizwiz_vqa_process_results, "exact_match"), {"exact_match": "further/lmms_eval_accuracy"}),
    "docvqa": (read_documents, near, score_documents, {"anls": "value"}),
    "infovqa": (read_documents, near, score_documents, {"anls": "value"}),
    "chartqa": (read_chartqa, near_number, score_chartqa,
                {"relaxed_overall": "value", "relaxed_human_split": "families/human/value", "relaxed_augmented_split": "families/augmented/value"}),
    "gqa": (read_gqa, near, score_gqa, {"exact_match": "value"}),
    "pope": (read_pope, near_yes, score_pope,
             {"accuracy": "further/lmms_eval_accuracy", "precision": "further/lmms_eval_precision", "recall": "further/lmms_eval_recall",
              "f1_score": "further/lmms_eval_f1", "yes_ratio": "further/lmms_eval_yes_ratio"}),
    "mme": (read_mme, near_yes, score_mme, {"mme_perception_score": "further/perception", "mme_cognition_score": "further/cognition"}),
    "ocrbench": (read_ocrbench, near, score_ocrbench, {"ocrbench_accuracy": "further/points"}),
    "scienceqa": (read_scienceqa, near, mean(scienceqa.sqa_process_results, "exact_match"), {"exact_match": "further/lmms_eval_accuracy"}),
    "mmbench": (read_mmbench, near_letter, score_mmbench, {"gpt_eval_score": "further/circular_accuracy"}),
}
SCALES = {"vqav2": 0.003, "gqa": 0.05, "pope": 0.1, "scienceqa": 0.3, "mmbench": 0.1, "textvqa": 0.1, "vizwiz": 0.15, "mme": 0.5}


def our_score(imp_eval, name, annotations, asked, scratch):
    predictions = scratch / f"{name}.jsonl"
    with open(predictions, "w", encoding="utf-8") as out:
        for one in asked:
            out.write(json.dumps({"question_id": one.question_id, "prediction": one.answer, "answer_tokens": 1}) + "\n")
    done = subprocess.run([imp_eval, "score", "--benchmark", name, "--annotations", annotations, "--predictions", predictions, "--json"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{name}: {done.stderr}")
    return json.loads(done.stdout)


def at(report, place):
    for key in place.split("/"):
        report = report[key]
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--imp-eval", required=True)
    options = parser.parse_args()
    ARGUMENTS.output_path = str(options.scratch)
    wrong = 0
    for name, (read, near_answer, their_score, numbers) in CHECKS.items():
        annotations = make_benchmarks.make(name, options.scratch, SCALES.get(name, 0.2))
        asked = read(annotations)
        rng = random.Random(f"answers {name}")
        for one in asked:
            one.answer = near_answer(rng, one, asked)
        ours = our_score(options.imp_eval, name, annotations, asked, options.scratch)
        with contextlib.redirect_stdout(io.StringIO()):
            theirs = their_score(asked)
        for key, place in numbers.items():
            same = abs(theirs[key] - at(ours, place)) <= 1e-9
            wrong += not same
            print(f"{name:<10} {len(asked):>5} answers  {key:<24} lmms-eval {theirs[key]:<22} ours {at(ours, place):<22} {'equal' if same else 'DIFFERENT'}")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
