#!/usr/bin/env python3
"""Write annotations in VQAv2's or TextVQA's layout and a predictions file for them, to time `imp-eval score`.

    make_predictions.py OUT [--answers 1000000] [--benchmark vqav2] [--seed 1]
    time build/release/bin/imp-eval score --benchmark vqav2 --predictions OUT/predictions.jsonl \\
        --annotations OUT/v2_OpenEnded_mscoco_val2014_questions.json

Answers have the marks that normalisation works on: articles, number words, contractions, punctuation, digits with commas.
"""
import argparse
import json
import random
from pathlib import Path

WORDS = ("yes no red blue two three none a the an stop sign man's dont can't it's 1,000 10:30 left-right st. coca cola "
         "baseball bat white & black 50% tennis racket kitchen dr. pepper (brown) frisbee, skateboard wine").split()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--benchmark", choices=["vqav2", "textvqa"], default="vqav2")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(options.seed)
    phrases = [" ".join(rng.choice(WORDS) for _ in range(rng.choice([1, 1, 1, 2, 3]))) for _ in range(3000)]
    asked, given, predicted = [], [], []
    for number in range(options.answers):
        right = rng.choice(phrases)
        answers = [right if rng.random() < 0.6 else rng.choice(phrases) for _ in range(10)]
        image = number // 3
        prediction = right if rng.random() < 0.5 else rng.choice(phrases).capitalize() + "."
        predicted.append(json.dumps({"question_id": number, "image_id": image, "prediction": prediction}))
        question = {"image_id": image, "question": "What is this?", "question_id": number}
        if options.benchmark == "textvqa":
            asked.append({**question, "image_id": str(image), "answers": answers})
            continue
        asked.append(question)
        given.append({"question_id": number, "image_id": image, "answer_type": "other", "multiple_choice_answer": right,
                      "answers": [{"answer": a, "answer_confidence": "yes", "answer_id": i + 1} for i, a in enumerate(answers)]})
    (options.out / "predictions.jsonl").write_text("\n".join(predicted) + "\n")
    if options.benchmark == "textvqa":
        (options.out / "TextVQA_0.5.1_val.json").write_text(json.dumps({"dataset_version": "0.5.1", "data": asked}))
    else:
        (options.out / "v2_OpenEnded_mscoco_val2014_questions.json").write_text(
            json.dumps({"data_subtype": "val2014", "questions": asked}))
        (options.out / "v2_mscoco_val2014_annotations.json").write_text(
            json.dumps({"data_subtype": "val2014", "annotations": given}))


if __name__ == "__main__":
    main()
