# SPDX-License-Identifier: Apache-2.0
"""Perceptual hashes of the pictures in tests/data/images, by Pillow and NumPy: tests/data/leaks/hashes.json.

usage: make_hashes.py (needs requirements-test.txt)
"""
import json
import pathlib

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[4]
SIDE, WAVES = 32, 8
BOUND = SIDE * SIDE / 4 / 8

# Column u holds a cosine of u half waves (DCT-II); cell k of 32 covers the pixels of its share of a side.
DCT = numpy.cos(numpy.pi * (2 * numpy.arange(SIDE) + 1)[None, :] * numpy.arange(WAVES)[:, None] / (2 * SIDE))


def shares(count: int) -> numpy.ndarray:
    edges = numpy.arange(count + 1) * SIDE / count
    cells = numpy.arange(SIDE)[:, None]
    return numpy.clip(numpy.minimum(edges[1:], cells + 1) - numpy.maximum(edges[:-1], cells), 0, None)


def coefficients(gray: numpy.ndarray) -> numpy.ndarray:
    means = shares(gray.shape[0]) @ gray.astype(numpy.float64) @ shares(gray.shape[1]).T
    return DCT @ means @ DCT.T


def main() -> None:
    out = {}
    for path in sorted((ROOT / "tests/data/images").glob("*.*")):
        if path.suffix not in (".jpg", ".png"):
            continue
        gray = numpy.asarray(Image.open(path).convert("RGB").convert("L"))
        if min(gray.shape) >= 96:  # would be reduced first
            continue
        values = coefficients(gray).ravel()
        bits = values > BOUND
        bits[0] = False
        # A coefficient this close to the bound is decided by rounding.
        doubtful = numpy.abs(values - BOUND) < 64
        doubtful[0] = False
        number = lambda flags: sum(1 << i for i in range(64) if flags[i])
        out[path.name] = {"hash": f"{number(bits):016x}", "doubtful": f"{number(doubtful):016x}"}
    folder = ROOT / "tests/data/leaks"
    folder.mkdir(exist_ok=True)
    (folder / "hashes.json").write_text(json.dumps(out, indent=1) + "\n")


main()
