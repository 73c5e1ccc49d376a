# SPDX-License-Identifier: Apache-2.0
"""Run folders of a small sweep, and all its answers as a table that knows nothing of the database."""

import json
import random

RANKS, SEEDS, PICTURES, FAMILIES = ["16", "64", "256"], [1, 2], 20, ["color", "word", "count"]
WORDS = ["stop", "north", "red", "blue", "two", "three"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def config(rank, seed):
    return {"llm": "phi", "encoder": "siglip", "finetune": "lora", "lora_rank": int(rank), "epochs": 1,
            "finetune_data": "scenetext", "seed": seed}


def write_runs(runs, name="ranks"):
    """Three ranks with two seeds, all done after one attempt failed; a fourth rank's trial that failed.

    Returns one row an answer."""
    chance = random.Random(7)
    asked = [{"question_id": number, "image_id": f"p{number // 3}", "family": FAMILIES[number % 3],
              "question": f"What is number {number}?", "references": [WORDS[number % 6]]} for number in range(3 * PICTURES)]
    write(runs / name / "questions/scenetext/first/questions.jsonl", lines(asked))
    trials, answers = [], []
    for place, rank in enumerate([*RANKS, "512"]):
        for seed in SEEDS if rank in RANKS else SEEDS[:1]:
            trial = f"lora_rank={rank},seed={seed}"
            trials.append({"trial": trial, "seed": seed, "levels": {"lora_rank": rank}, "config": config(rank, seed),
                           "stages": [{"kind": "finetune", "key": f"{place:031x}{seed}"}]})
            rows = []
            for blind in (0, 1) if rank in RANKS else ():
                for question in asked:
                    number = question["question_id"]
                    right = number % 10 == 3 if blind else number % 12 != 5 and chance.random() < 0.4 + 0.15 * place
                    wrong = chance.choice([word for word in WORDS if word not in question["references"]])
                    rows.append({**question, "sweep": name, "trial": trial, "cell": f"lora_rank={rank}", "seed": seed,
                                 "blind": blind, "score": 1.0 if right else 0.0,
                                 "prediction": question["references"][0] if right else wrong})
            answers += rows
            write_trial(runs / name / trial, name, trials[-1], rows, place)
    plan = {"schema": 1, "sweep": name, "created": "2026-11-24T08:00:00Z", "about": "Does a higher rank help?", "spec_file": "x",
            "spec_text": "version: 1\n", "seeds": SEEDS, "benchmarks": ["scenetext"], "trials": trials,
            "factors": [{"name": "lora_rank", "levels": [*RANKS, "512"]}]}
    write(runs / name / "sweep.json", json.dumps(plan))
    return answers


def write_trial(folder, sweep, trial, rows, place):
    failed = {"attempt": 1, "started": "2026-11-24T08:00:00Z", "ended": "2026-11-24T08:00:10Z", "status": "failed",
              "stage": "finetune", "error_type": "out_of_memory", "error_message": "9 GiB wanted", "micro_batch": 16}
    done = {**failed, "attempt": 2, "status": "done", "stage": "", "error_type": "", "error_message": "", "micro_batch": 8}
    outcome = {"schema": 1, "sweep": sweep, "trial": trial["trial"], "seed": trial["seed"],
               "status": "done" if rows else "failed", "config": trial["config"],
               "stages": [{**trial["stages"][0], "reused": False, "seconds": 40.5}],
               "attempts": [failed, done] if rows else [failed], "scores": [], "questions": {"scenetext": "first"},
               "cost": {"wall_seconds": 100.0 + 10 * place + trial["seed"], "train_seconds": 80.0 + 10 * place,
                        "eval_seconds": 5.0, "train_tokens": 100000, "tokens_per_second": 1250.0,
                        "peak_memory_bytes": 2**31, "trained_parameters": 1000 * 2**place, "flops": 1.5e12},
               "provenance": {"imp_version": "0.1.0", "git_commit": f"abc{place // 2}", "git_dirty": False, "threads": 2}}
    stage = {**trial["stages"][0], "schema": 1, "inputs": [], "seconds": 85.0 + 10 * place, "flops": 1.5e12}
    write(folder.parent.parent / f"stages/finetune-{stage['key']}/stage.json", json.dumps(stage))
    for blind, suffix in ((0, ""), (1, "_blind")):
        seen = [row for row in rows if row["blind"] == blind]
        if seen:
            outcome["scores"].append({"benchmark": "scenetext", "metric": "vqa_accuracy" + suffix,
                                      "value": sum(row["score"] for row in seen) / len(seen), "standard_error": 0.05,
                                      "n": len(seen)})
            kept = ("question_id", "image_id", "family", "prediction", "score")
            write(folder / f"predictions/scenetext{'.blind' if blind else ''}.jsonl",
                  lines([{key: row[key] for key in kept} for row in seen]))
    write(folder / "outcome.json", json.dumps(outcome))
    write(folder / "train.jsonl", lines([{"step": step, "loss": 3.0 / step, "lr": 1e-3, "grad_norm": 1.0, "tokens": 500,
                                          "seconds": 0.1} for step in range(1, 61)]))
