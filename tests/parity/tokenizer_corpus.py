# SPDX-License-Identifier: Apache-2.0
"""Lines that are hard for a tokenizer, the same ones on every machine; also plain English for timing and training."""
import glob
import random
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FIXED = ["", " ", "  ", "\n", "\t\t x", " leading", "trailing ", "two  spaces   three", "don't WE'LL it's I'd 's 'S '", "'ll", "x'",
         "1234567890 ½ ² ٣٤ Ⅷ 一二三 ௧௨", "naïve Zürich cafe\u0301", "東京タワー한국어", "a\u00a0b\u2003c\u3000d\u180ee\u0085f\u200bg",
         "\u0000\u0001\u001b\u007f", "\r\n\r\n a\r", "▁a ▁ ▁▁b", "Ġhello ĊĊ", "<0x0A><0xFF><0x", "ÀÉÎõü ßẞ ﬁ ﬀ Å Å", "\ufeffbom",
         "\U0010ffff\ufffd\ud7ff\ue000", "مرحبا بالعالم", "हिन्दी ภาษาไทย", "USER: \n", "\nWhat? ASSISTANT: OPEN", "\u2028\u2029\u001c\u001f x"]
SCRIPTS = [(0x20, 0x7e), (0xa0, 0x24f), (0x250, 0x2ff), (0x370, 0x3ff), (0x400, 0x52f), (0x5d0, 0x5ea), (0x620, 0x6ff), (0x900, 0x97f),
           (0xe01, 0xe5b), (0x10a0, 0x10ff), (0x1e00, 0x1eff), (0x2000, 0x206f), (0x2070, 0x218f), (0x2190, 0x2bff), (0x3000, 0x303f),
           (0x3040, 0x30ff), (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xfe00, 0xfe4f), (0xff00, 0xffef),
           (0x10330, 0x1034f), (0x1d400, 0x1d7ff), (0x20000, 0x2a6df)]
EMOJI = ["😀", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "🏳️‍🌈", "❤️‍🔥", "1️⃣", "👨🏿‍🚀", "🫠", "⚧️", "\u200d", "\ufe0f"]
CODE = ["def f(x):\n    return [i ** 2 for i in range(x)]\n", "for (int i = 0; i < n; ++i) {\n\t\tsum += a[i];\n\t}\n", "x = {'a': [1, 2.50]}",
        "#include <vector>\n", "SELECT * FROM t WHERE a >= 10 AND b != 'x';", "<div class=\"c\">&nbsp;</div>", "\\frac{1}{2} \\alpha_{i,j}",
        "https://example.org/a?b=c&d=%20#e", "camelCaseName snake_case_name CONST_2", "0xFFFF 1e-5 -3.14 1_000", "/* … */ // → ¬", "\x1b[31mred\x1b[0m"]
MARKS = [chr(c) for c in range(0x300, 0x370)] + ["\u20dd", "\u0e49", "\u093f", "\u064b", "\u3099"]
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\t", "\t\t\t", "    ", " \n ", "\r\n", "\u00a0", "\u3000", "\u2009", "\u200b", " " * 17, "\u1680", "\u202f"]
CONTROLS = [chr(c) for c in [*range(0x20), 0x7f, *range(0x80, 0xa0), 0xad, 0x200e, 0x202e, 0x2066, 0xfff9, 0xfeff, 0xe0001, 0xe007f]]


def english():
    """Paragraphs of WordNet's glosses, in the order of its files; the licence where WordNet is not installed."""
    files = sorted(glob.glob("/usr/share/wordnet/data.*"))
    lines = [line.split(" | ", 1)[1].strip() for file in files for line in open(file, encoding="utf-8") if " | " in line]
    if not lines:
        lines = (ROOT / "LICENSE").read_text().splitlines() * 200
    random.Random(3).shuffle(lines)
    sentences = [line[0].upper() + re.sub(r'"', "", line[1:]) + "." for line in lines if line]
    return [" ".join(sentences[i:i + 8]) for i in range(0, len(sentences), 8)]


def random_utf8(rng):
    """Random bytes, kept where they are UTF-8, so without surrogates."""
    size = rng.randint(1, 40)
    biased = [rng.choice([rng.randrange(256), rng.randrange(128), 0xe2, 0x80, 0xf0, 0x9f]) for _ in range(size)]
    return bytes(biased).decode("utf-8", errors="ignore")


def any_character(rng):
    point = rng.randrange(0x110000 - 0x800)
    return chr(point if point < 0xd800 else point + 0x800)


def corpus(added, count=20000, seed=11):
    """At least `count` lines; `added` tokens stand alone, at either end, inside of words, beside each other and beside every space."""
    rng = random.Random(seed)
    words = sorted(set((ROOT / "LICENSE").read_text().split()))

    def atom():
        kind = rng.randrange(13)
        if kind <= 2:
            return rng.choice(words)
        if kind == 3:
            return rng.choice(SPACES)
        if kind == 4:
            return str(rng.randrange(10 ** rng.randint(1, 12)))
        if kind == 5:
            low, high = rng.choice(SCRIPTS)
            return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 8)))
        if kind == 6:
            return rng.choice(EMOJI)
        if kind == 7:
            return rng.choice(CODE)
        if kind == 8:
            return rng.choice(words)[:3] + "".join(rng.choice(MARKS) for _ in range(rng.randint(1, 4)))
        if kind == 9:
            return rng.choice(CONTROLS)
        if kind == 10:
            return random_utf8(rng)
        if kind == 11:
            return "".join(any_character(rng) for _ in range(rng.randint(1, 4)))
        return rng.choice(added) if added else rng.choice(words).upper()

    lines = list(FIXED) + EMOJI + CODE + CONTROLS
    for token in added:
        around = ["", "a", " ", "\n", "é", "1", ".", "'", "▁"] + added[:3]
        lines += [left + token + right for left in around for right in around] + [token[:-1], token[1:], token * 3]
        lines += [space + token + space for space in SPACES]
    for character in ["a", " ", "\n", "\t", "é", "漢", "!", "1", "😀", "\u0301", "ab ", "▁"]:
        lines += [character * n for n in (2, 15, 16, 17, 31, 32, 33, 64, 100, 257, 1500)] + [character * 40 + "x", "x" + character * 40]
    while len(lines) < count:
        glue = rng.choice(["", "", " ", " ", "\n"])
        lines.append(glue.join(atom() for _ in range(rng.randint(1, 14))))
    return lines
