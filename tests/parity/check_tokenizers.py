#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ids and decoded text of imp's tokenizers beside transformers' on more than 20,000 awkward lines.

    check_tokenizers.py KIND SCRATCH --probe build/release/tests/input_probe [--lines N] [--seed N]"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys

import tokenizer_corpus
import tokenizer_kinds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=tokenizer_kinds.KINDS)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--lines", type=int, default=20500)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    folder = options.scratch
    shutil.rmtree(folder, ignore_errors=True)
    texts = tokenizer_corpus.english()[:400] + tokenizer_corpus.CODE * 5 + tokenizer_corpus.FIXED
    added = tokenizer_kinds.KINDS[options.kind](folder, texts)
    lines = tokenizer_corpus.corpus(added, options.lines, options.seed)
    (folder / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    subprocess.run([options.probe, "tokenize", str(folder), str(folder / "lines.jsonl"), str(folder / "imp.jsonl")], check=True)

    import transformers  # after the cheap part, since it loads slowly
    peer = transformers.AutoTokenizer.from_pretrained(folder)
    wrong = dict.fromkeys(["ids", "decoded", "plain"], 0)
    for line, found in zip(lines, map(json.loads, open(folder / "imp.jsonl")), strict=True):
        ids = peer(line, add_special_tokens=False)["input_ids"]
        expected = {"ids": ids, "decoded": peer.decode(ids, clean_up_tokenization_spaces=False),
                    "plain": peer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)}
        for key, value in expected.items():
            if found[key] != value:
                wrong[key] += 1
                if wrong[key] <= 5:
                    print(f"{key} of {line!r}: expected {value!r}, found {found[key]!r}")
    print(f"{options.kind}: {len(lines)} lines, transformers {transformers.__version__}; differences: {wrong}")
    sys.exit(any(wrong.values()) or len(lines) < min(20000, options.lines))


if __name__ == "__main__":
    main()
