#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/conversations/rows.jsonl: rows of ids and labels by the code that defines them: LLaVA's train.py
(preprocess_multimodal, preprocess_v1 with its BOS, the Phi variant of Imp, preprocess_plain; Apache-2.0, shortened), and the
study's peer scripts (bare_v1). Pictures are one id, -200. Run with the project's Python after make_tokenizers.py."""
import json
from pathlib import Path

from tokenizers import Tokenizer

DATA = Path(__file__).resolve().parents[2] / "data"
IGNORE, IMAGE = -100, -200
SYSTEM = ("A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and "
          "polite answers to the user's questions.")


class Wheel:
    """A tokenizer as transformers calls it: with BOS where the file says so."""

    def __init__(self, name, bos, eos):
        self.core = Tokenizer.from_file(str(DATA / "tokenizers" / name / "tokenizer.json"))
        self.name, self.bos, self.eos = name, [] if bos is None else [self.core.token_to_id(bos)], self.core.token_to_id(eos)

    def encode(self, text):
        return self.core.encode(text, add_special_tokens=False).ids

    def __call__(self, text):
        return self.bos + self.encode(text)


def tokenizer_image_token(prompt, tokenizer):
    chunks = [tokenizer(chunk) for chunk in prompt.split("<image>")]
    ids, offset = [], 0
    if tokenizer.bos and chunks[0] and chunks[0][0] == tokenizer.bos[0]:
        offset = 1
        ids.append(chunks[0][0])
    joined = [part for chunk in chunks for part in (chunk, [IMAGE] * (offset + 1))][:-1]
    for part in joined:
        ids.extend(part[offset:])
    return ids


def preprocess_multimodal(turns):
    return [("<image>\n" + q.replace("<image>", "").strip()).strip() if "<image>" in q else q for q, _ in turns]


def v1(tokenizer, turns, has_image, max_length, end):
    questions = preprocess_multimodal(turns) if has_image else [q for q, _ in turns]
    text = SYSTEM + " "
    for question, (_, answer) in zip(questions, turns):
        for role, message, separator in [("USER", question, " "), ("ASSISTANT", answer, end)]:
            text += role + ": " + message + separator if message else role + ":"
    ids = tokenizer_image_token(text, tokenizer) if has_image else tokenizer(text)[:max_length]
    labels = list(ids)
    length = (lambda t: len(tokenizer_image_token(t, tokenizer))) if has_image else (lambda t: len(tokenizer(t)))
    phi = not tokenizer.bos
    reached = 0 if phi else 1
    labels[:reached] = [IGNORE] * reached
    for part in text.split(end):
        if part == "":
            break
        halves = part.split(" ASSISTANT: ")
        if len(halves) != 2:
            break
        halves[0] += " ASSISTANT: "
        round_length = length(part) + (1 if phi else 0)
        instruction = length(halves[0]) - (1 if phi else 2)
        labels[reached:reached + instruction] = [IGNORE] * len(labels[reached:reached + instruction])
        reached += round_length
    labels[reached:] = [IGNORE] * len(labels[reached:])
    if reached < max_length and reached != len(ids):
        return ids, [IGNORE] * len(labels), True
    return ids, labels, False


def plain(tokenizer, turns):
    ids = tokenizer_image_token("<image>" + turns[0][1] + "\n", tokenizer)
    hidden = len(tokenizer_image_token("<image>", tokenizer))
    return ids, [IGNORE] * hidden + ids[hidden:]


def bare(tokenizer, turns, has_image):
    ids = list(tokenizer.bos)
    labels = [IGNORE] * len(ids)
    for turn, (question, answer) in enumerate(turns):
        for marker in ("<image>\n", "\n<image>", "<image>"):
            question = question.replace(marker, "")
        opening = "USER: "
        if turn == 0 and has_image:
            ids += tokenizer.encode(opening) + [IMAGE]
            labels += [IGNORE] * (len(ids) - len(labels))
            opening = "\n"
        asked = opening + question.strip() + " ASSISTANT:"
        prompt = tokenizer.encode(asked)
        whole = tokenizer.encode(asked + " " + answer.strip()) + [tokenizer.eos]
        assert whole[:len(prompt)] == prompt
        ids += whole
        labels += [IGNORE] * len(prompt) + whole[len(prompt):]
    return ids, labels


ROWS = [
    (True, [("<image>\nWhat does the sign say?", "OPEN")]),
    (True, [("What does the sign say?\n<image>", "Closed until 5"), ("And the colour?", "red"), ("Sure? ", " Yes.\n")]),
    (True, [("<image>", "A street.")]),
    (True, [("<image>\n naïve 東京? ", "カフェ 😀"), ("2 + 2", "4")]),
    (False, [("Name a prime.", "7"), ("Another.", "11"), ("<tag> & 'quote'", "it's 13")]),
    (True, [("<image>\nTwo tags", "one ASSISTANT: two")]),
    (True, [("<image>\nan end", "inside </s> of it"), ("b", "c")]),
    (True, [("<image>\nempty answer", ""), ("b", "c")]),
    (False, [("", "an answer to nothing")]),
    (False, [("long " * 30, "answer " * 20)]),
]

out = (DATA / "conversations").mkdir(exist_ok=True) or open(DATA / "conversations/rows.jsonl", "w")
for tokenizer in [Wheel("phi", None, "<|endoftext|>"), Wheel("llama_legacy", "<s>", "</s>"), Wheel("llama_metaspace", "<s>", "</s>")]:
    for has_image, turns in ROWS:
        for max_length in (2048, 40):
            for template in ("llava_v1", "imp", "mobilevlm"):
                ids, labels, disagree = v1(tokenizer, turns, has_image, max_length, "</s>")
                out.write(json.dumps({"tokenizer": tokenizer.name, "template": template, "has_image": has_image, "turns": turns,
                                      "max_length": max_length, "ids": ids, "labels": labels, "disagree": disagree}) + "\n")
            if all(answer for _, answer in turns):
                ids, labels = bare(tokenizer, turns, has_image)
                out.write(json.dumps({"tokenizer": tokenizer.name, "template": "bare_v1", "has_image": has_image, "turns": turns,
                                      "max_length": max_length, "ids": ids, "labels": labels, "disagree": False}) + "\n")
        if has_image and len(turns) == 1:
            ids, labels = plain(tokenizer, turns)
            out.write(json.dumps({"tokenizer": tokenizer.name, "template": "plain", "has_image": True, "turns": turns,
                                  "max_length": 2048, "ids": ids, "labels": labels, "disagree": False}) + "\n")
