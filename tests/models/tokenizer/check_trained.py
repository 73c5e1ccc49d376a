#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exits 1 unless transformers' AutoTokenizer gives the ids of DIR/imp.jsonl ({"text", "ids", "prefix", "eos"} a line)."""
import json
import sys
from pathlib import Path

from transformers import AutoTokenizer

folder = Path(sys.argv[1])
tokenizer = AutoTokenizer.from_pretrained(folder)
for line in (folder / "imp.jsonl").read_text().split("\n")[:-1]:
    case = json.loads(line)
    ids = tokenizer(case["text"], add_special_tokens=False)["input_ids"]
    if ids != case["ids"] or tokenizer.decode(ids) != case["text"]:
        sys.exit(f"{case['text']!r}: transformers {ids}, imp {case['ids']}")
    if tokenizer("")["input_ids"] != case["prefix"] or tokenizer.eos_token_id != case["eos"]:
        sys.exit(f"prefix {tokenizer('')['input_ids']} eos {tokenizer.eos_token_id}; imp {case['prefix']} {case['eos']}")
