#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of a file in LLaVA's format, odd ones among them, beside what its trainer does with them (conversation_rules.row_of_file):
ids, labels, and which rows it would raise on, for Phi's and LLaMA's tokenizers.

    check_rows.py SCRATCH --probe build/release/tests/input_probe [--rows N]"""
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

IMAGE_TOKENS = 4


def generate(count):
    """Rows of any order of sides; the word <image> in questions and answers, with a picture or without; empty messages; tags and
    end tokens in the text."""
    rng = random.Random(41)
    sentences = [s.strip() for text in tokenizer_corpus.english()[:300] for s in text.split(".") if s.strip()]
    odd = ["<image>", "The old tag was <image> there.", "a\n<image>", "<image><image>\nb", "", "a </s> b", "x ASSISTANT: y", " spaces "]

    def text():
        return rng.choice(odd) if rng.random() < 0.3 else " ".join(rng.choice(sentences) for _ in range(rng.randint(1, 2)))

    for index in range(count):
        sides = ["human", "gpt"] * rng.choice([1, 1, 2, 3])
        change = rng.random()
        if change < 0.15:
            sides = ["gpt"] + sides
        if rng.random() < 0.15:
            sides = sides[:-1]
        if rng.random() < 0.1:
            sides.insert(rng.randrange(len(sides) + 1), rng.choice(["human", "gpt", "system", "user", "Human"]))
        row = {"id": index, "conversations": [{"from": side, "value": text()} for side in sides]}
        if rng.random() < 0.4:
            row["image"] = "a.jpg"
            if rng.random() < 0.7 and row["conversations"]:
                row["conversations"][0]["value"] = "<image>\n" + row["conversations"][0]["value"]
        yield row


def without_image_token(folder):
    """The tokenizer as LLaVA's trainer has it, where <image> is no token; imp reads the one of a LLaVA directory."""
    file = folder / "tokenizer.json"
    if not file.exists():
        return folder
    copy = folder / "trainer"
    shutil.copytree(folder, copy)
    tokenizer = json.loads(file.read_text())
    tokenizer["added_tokens"] = [token for token in tokenizer["added_tokens"] if token["content"] != "<image>"]
    (copy / "tokenizer.json").write_text(json.dumps(tokenizer))
    return copy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--rows", type=int, default=1500)
    options = parser.parse_args()
    import transformers

    rows = list(generate(options.rows))
    wrong = 0
    for kind in ["phi", "llama_legacy"]:
        folder = options.scratch / kind
        shutil.rmtree(folder, ignore_errors=True)
        texts = tokenizer_corpus.english()[:400] + [rules.SYSTEM, "USER: ASSISTANT:"] * 20
        tokenizer_kinds.KINDS[kind](folder, texts)
        tokenizer = transformers.AutoTokenizer.from_pretrained(without_image_token(folder))
        words = rules.Words(tokenizer, [] if kind == "phi" else [tokenizer.bos_token_id])
        (folder / "rows.json").write_text(json.dumps(rows))
        for max_length in (90, 2048):
            subprocess.run([options.probe, "trainer-rows", folder, folder / "rows.json", str(max_length), folder / "imp.jsonl"], check=True)
            seen = collections.Counter()
            for row, found in zip(rows, map(json.loads, open(folder / "imp.jsonl")), strict=True):
                taken = rules.row_of_file(words, row, max_length)
                ids, labels = rules.with_features(*taken[:2], IMAGE_TOKENS, max_length) if taken else ([], [])
                if taken and len(row["conversations"]) == 1 and row["conversations"][0]["from"] == "gpt":
                    ids, labels = [], []  # the system's sentence alone, masked: nothing to run through a model
                seen += collections.Counter({"raises": taken is None, "teaches nothing": all(label == rules.IGNORE for label in labels),
                                             "picture": rules.IMAGE in ids, "cut": len(ids) == max_length})
                if found["ids"] == ids and found["labels"] == labels and (taken is not None or found["left_out"]):
                    continue
                wrong += 1
                if wrong <= 5:
                    print(kind, json.dumps(row), "\nexpected", ids, labels, "\nfound   ", found)
            print(f"{kind}, max_length {max_length}: {len(rows)} rows {dict(seen)}; wrong so far: {wrong}")
            if not all(seen[key] for key in ("raises", "teaches nothing", "picture")):
                sys.exit("the rows have not all kinds")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
