#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ids and labels of generated conversations beside conversation_rules.py, for Phi's and LLaMA's tokenizers.

    check_conversations.py SCRATCH --probe build/release/tests/input_probe [--conversations N]"""
import argparse
import collections
import json
import pathlib
import random
import shutil
import subprocess
import sys

import conversation_rules as rules
import tokenizer_corpus
import tokenizer_kinds


def generate(count):
    """Conversations: one to six turns; pictures at the start, the end or the middle of a turn, in several turns, or none; answers
    with tags, end tokens and odd spaces, which make the lengths disagree; empty messages; limits that cut and that do not."""
    rng = random.Random(23)
    sentences = [s.strip() for text in tokenizer_corpus.english()[:300] for s in text.split(".") if s.strip()]
    lines = [line for line in tokenizer_corpus.corpus([], 3000, 5) if "<image>" not in line and line.strip()]

    def text():
        kind = rng.random()
        if kind < 0.7:
            return " ".join(rng.choice(sentences) for _ in range(rng.randint(1, 3)))
        if kind < 0.9:
            return rng.choice(lines)[:120]
        return rng.choice(["Yes", "3", "a </s> b", "x ASSISTANT: y", " leading", "trailing ", "\n", "USER: hm", "OCR tokens: A, B"])

    for index in range(count):
        has_image = rng.random() < 0.75
        turns = []
        for turn in range(rng.choice([1, 1, 1, 2, 3, 4, 6])):
            question, answer = text(), text()
            if has_image and (turn == 0 or rng.random() < 0.15):
                question = rng.choice(["<image>\n" + question, question + "\n<image>", "<image>", f"{question} <image> {text()}", "<image><image>" + question])
            if rng.random() < 0.02:
                question = "" if not has_image else question
            if rng.random() < 0.02:
                answer = ""
            turns.append((question, answer))
        template = rng.choice(["llava_v1", "imp", "mobilevlm", "plain"])
        if template == "plain":
            has_image, turns = True, [(turns[0][0], turns[0][1] or "A picture.")]
        yield {"id": index, "template": template, "has_image": has_image, "turns": turns, "image_tokens": rng.choice([1, 4, 49]),
               "max_length": rng.choice([24, 60, 120, 2048, 2048, 3072])}


def expected(words, row):
    if row["template"] == "plain":
        ids, labels, disagree = rules.caption(words, row["turns"])
    else:
        ids, labels, disagree = rules.rounds(words, row["turns"], row["has_image"], row["max_length"])
    whole = len(ids) + ids.count(rules.IMAGE) * (row["image_tokens"] - 1)
    ids, labels = rules.with_features(ids, labels, row["image_tokens"], row["max_length"])
    return {"ids": ids, "labels": labels, "disagree": disagree}, whole > row["max_length"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--conversations", type=int, default=1500)
    options = parser.parse_args()
    import transformers

    rows = list(generate(options.conversations))
    wrong = 0
    for kind in ["phi", "llama_legacy", "llama_plain"]:
        folder = options.scratch / kind
        shutil.rmtree(folder, ignore_errors=True)
        texts = tokenizer_corpus.english()[:400] + [rules.SYSTEM, "USER: ASSISTANT:"] * 20
        tokenizer_kinds.KINDS[kind](folder, texts)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        words = rules.Words(tokenizer, [] if kind == "phi" else [tokenizer.bos_token_id])
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        subprocess.run([options.probe, "rows", folder, folder / "rows.jsonl", folder / "imp.jsonl"], check=True)
        seen = collections.Counter()
        for row, found in zip(rows, map(json.loads, open(folder / "imp.jsonl")), strict=True):
            answer, cut = expected(words, row)
            seen += collections.Counter({row["template"]: 1, "disagree": answer["disagree"], "cut": cut, "text only": not row["has_image"],
                                         "several turns": len(row["turns"]) > 1})
            if found == answer:
                continue
            wrong += 1
            if wrong <= 5:
                print(kind, json.dumps(row), "\nexpected", answer, "\nfound   ", found)
        print(f"{kind}: {len(rows)} conversations {dict(seen)}; wrong so far: {wrong}")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
