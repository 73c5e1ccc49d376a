#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a file of the size and shape of LLaVA's 665K mix, indexes it, and opens it again: seconds and peak memory.

    llava_rows_index.py SCRATCH --probe build/release/tests/rows_probe [--rows 665298] [--seconds 15 --mebibytes 600]

The made file has the mix's parts in its proportions: long conversations, text-only ones, short answers with many turns; about
1 GB with all rows. Every row's length is compared with Python's count of words on a sample."""
import argparse
import json
import pathlib
import random
import subprocess
import sys

# part, share of rows, turns, words of a question, words of an answer, picture path
PARTS = [("instruct", 158, (1, 5), (8, 20), (30, 130), "coco/train2017/{:012d}.jpg"), ("sharegpt", 40, (2, 8), (20, 120), (80, 250), None),
         ("vqa", 155, (3, 10), (6, 12), (1, 2), "gqa/images/{}.jpg"), ("ocr", 80, (3, 8), (6, 12), (1, 6), "ocr_vqa/images/{:09d}.jpg"),
         ("aokvqa", 97, (1, 3), (20, 40), (1, 4), "coco/train2017/{:012d}.jpg"), ("refcoco", 134, (4, 12), (10, 20), (4, 12), "vg/VG_100K/{}.jpg")]


def write(path, rows):
    rng = random.Random(2)
    words = ["sign", "the", "a", "red", "of", "naïve", "says", "street", "\"quoted\"", "back\\slash", "line\nbreak", "東京", "and", "what", "is", "in"]
    pool = [" ".join(rng.choice(words) for _ in range(400)).split(" ") for _ in range(200)]
    text = lambda bounds: " ".join(rng.choice(pool)[:rng.randint(*bounds)])
    kinds = rng.choices(PARTS, weights=[part[1] for part in PARTS], k=rows)
    checked = {}
    with open(path, "w") as out:
        for index, (name, _, turns, question, answer, picture) in enumerate(kinds):
            row = {"id": f"{name}_{index}"}
            if picture:
                row["image"] = picture.format(rng.randrange(350000))
            conversation = []
            for turn in range(rng.randint(*turns)):
                asked = ("<image>\n" if picture and turn == 0 else "") + text(question)
                conversation += [{"from": "human", "value": asked}, {"from": "gpt", "value": text(answer)}]
            row["conversations"] = conversation
            if index % max(1, rows // 200) == 0:
                count = sum(len(turn["value"].split()) for turn in conversation)
                checked[index] = (count if picture else -count, row["id"])
            out.write(("[" if index == 0 else ", ") + json.dumps(row))
        out.write("]")
    return checked


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--rows", type=int, default=665298)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--mebibytes", type=float, default=600)
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    file, index = options.scratch / "rows.json", options.scratch / "rows.index"
    index.unlink(missing_ok=True)
    checked = write(file, options.rows)
    (options.scratch / "sample.json").write_text(json.dumps(list(checked)))
    wrong = 0
    for start, limit in [("first", options.seconds), ("later", 1.0)]:
        done = subprocess.run([options.probe, str(file), str(index), str(options.scratch / "sample.json")],
                              capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        wrong += found["rows"] != options.rows or found["found"] != (start == "later")
        wrong += found["seconds"] > limit or found["peak_mebibytes"] > options.mebibytes
        wrong += [tuple(pair) for pair in found["sample"]] != list(checked.values())
        print(f"{start} start: {file.stat().st_size / 2**20:.0f} MiB, {found['rows']} rows, {found['pictures']} pictures in "
              f"{found['seconds']:.3f} s, peak {found['peak_mebibytes']:.0f} MiB, index {index.stat().st_size / 2**20:.0f} MiB; "
              f"{found['rows_per_second']:.0f} rows read a second")
    file.unlink()
    index.unlink()
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
