# SPDX-License-Identifier: Apache-2.0
"""Pictures, LLaVA rows and requests for the tiny checkpoints."""
import json
import random

import numpy
from PIL import Image

WORDS = ("sign shop street bridge café window ticket number train station bread garden market paper colour machine light water "
         "closed open north south west east daily price today fresh hotel museum library Straße señor").split()
UNICODE = ["", " ", "two  spaces", " leading", "trailing ", "tab\tand\u00a0nbsp", "naïve façade Zürich ÅÄÖ", "東京タワー 12号",
           "مرحبا بالعالم", "שלום", "नमस्ते दुनिया", "🙂👩‍👩‍👧‍👦🇫🇮", "e\u0301 = é", "x² ≤ ½ · π", "I'll we've SHE'S don't", "3.14159, 1,000;2999",
           "<image> <|endoftext|><pad>", "\u200bzero\u200dwidth", "ﬁ ligature", "ǅ title", "--==((//", "\ufeffbom", "a\u2028b"]

BEAMS = 4  # of the beam search that is compared


def make_pictures(folder, count, seed):
    """Smooth colours and hard edges, of several sizes. Returns the files' names."""
    rng = numpy.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for index in range(count):
        width, height = int(rng.integers(24, 90)), int(rng.integers(24, 90))
        corners = rng.integers(0, 256, size=(2, 2, 3)).astype(numpy.uint8)
        image = numpy.asarray(Image.fromarray(corners).resize((width, height), Image.Resampling.BILINEAR)).copy()
        top, left = int(rng.integers(0, height - 8)), int(rng.integers(0, width - 8))
        image[top:top + 8, left:left + 8] = rng.integers(0, 256, size=3)
        names.append(f"{index:03d}.png")
        Image.fromarray(image).save(folder / names[-1])
    return names


def question(rng):
    return rng.choice(["What does the {} say?", "Read the {} word.", "Which {} is on the second line of the sign, please, and why?",
                       "Is it a {}?", "¿Qué dice el {}?"]).format(rng.choice(WORDS))


def make_rows(pictures, count, seed):
    """One to three turns a row, every seventh without a picture."""
    rng = random.Random(seed)
    rows = []
    for index in range(count):
        row = {"id": f"row-{index}"}
        if index % 7 != 6:
            row["image"] = pictures[index % len(pictures)]
        turns = []
        for turn in range(1 + index % 3):
            marker = "<image>\n" if "image" in row and turn == 0 else ""
            answer = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))
            turns += [{"from": "human", "value": marker + question(rng)}, {"from": "gpt", "value": answer}]
        row["conversations"] = turns
        rows.append(row)
    return rows


def make_requests(pictures, count, seed):
    rng = random.Random(seed)
    requests = []
    for index in range(count):
        request = {"question_id": index if index % 2 else f"q{index}", "question": question(rng)}
        if index % 6 != 5:
            request["image"] = pictures[index // 2 % len(pictures)]
        requests.append(request)
    return requests


def write_json_lines(path, records):
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


def read_json_lines(path):
    return [json.loads(line) for line in path.read_text().split("\n") if line.strip()]
