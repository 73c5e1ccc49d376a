#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets, small valid files, into tests/data/fuzz.

    make_seeds.py FOLDER
"""
import json
import sys
from pathlib import Path

import gguf
import numpy
from PIL import Image, ImageOps
from safetensors.numpy import save_file

VOCABULARY = {"a": 0, "b": 1, "c": 2, "ab": 3, "Ġ": 4, "Ã": 5, "©": 6, "1": 7, "2": 8, "<|end|>": 9}
MERGES = ["a b"]


def write_safetensors(folder):
    save_file({"w": numpy.arange(6, dtype=numpy.float32).reshape(2, 3), "h": numpy.ones(3, numpy.float16), "i": numpy.array([7])},
              folder / "three_types", metadata={"format": "pt"})
    save_file({"empty": numpy.zeros((0, 4), numpy.float32)}, folder / "empty")


def write_gguf(folder, name, kind):
    writer = gguf.GGUFWriter(folder / name, "llama")
    writer.add_context_length(16)
    writer.add_embedding_length(32)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(list(VOCABULARY))
    writer.add_token_types([gguf.TokenType.NORMAL] * 9 + [gguf.TokenType.CONTROL])
    writer.add_token_merges(MERGES)
    writer.add_eos_token_id(9)
    writer.add_tensor("token_embd.weight", gguf.quants.quantize(numpy.ones((10, 32), numpy.float32), kind), raw_dtype=kind)
    writer.add_tensor("output_norm.weight", numpy.ones(32, numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_tokenizers(folder):
    model = {"type": "BPE", "vocab": VOCABULARY, "merges": MERGES}
    added = [{"id": 9, "content": "<|end|>", "special": True, "lstrip": True, "rstrip": False, "normalized": False}]
    digits, level = {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False}
    template = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|end|>"}}, {"Sequence": {"id": "A"}}],
                "special_tokens": {"<|end|>": {"ids": [9]}}}
    write = lambda name, value: (folder / name).write_text(json.dumps(value, ensure_ascii=False))
    write("byte_level", {"added_tokens": added, "normalizer": {"type": "NFC"}, "decoder": {"type": "ByteLevel"}, "model": model,
                         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, level]}, "post_processor": template})
    write("metaspace", {"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
                        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"},
                        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                        "model": {**model, "vocab": {**VOCABULARY, "▁": 10, "<0xC3>": 11, "<unk>": 12}, "unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True}})
    write("split", {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\p{L}+| ?[^\\s]"}, "behavior": "MergedWithNext", "invert": True}, "model": {**model, "ignore_merges": True}})


def write_images(folder):
    """A picture of each kind that the decoders tell apart, 9 x 7."""
    rng = numpy.random.default_rng(3)
    color = Image.fromarray(rng.integers(0, 256, (7, 9, 3), dtype=numpy.uint8))
    wide = Image.fromarray(rng.integers(0, 65536, (7, 9), dtype=numpy.uint16))
    exif = Image.Exif()
    exif[0x112] = 6  # orientation
    gray, inverted = color.convert("L"), ImageOps.invert(color)
    for name, image, options in [
            ("color.png", color, {}), ("alpha.png", color.convert("RGBA"), {}), ("palette.png", color.quantize(16), {"transparency": 3}),
            ("wide_gray.png", wide, {}), ("gray.png", gray, {}), ("bilevel.png", color.convert("1"), {}),
            ("color.jpg", color, {"exif": exif}), ("gray.jpg", gray, {}), ("cmyk.jpg", color.convert("CMYK"), {}),
            ("progressive.jpg", color, {"progressive": True}), ("restarts.jpg", color, {"restart_marker_rows": 1}),
            ("palette.gif", color.quantize(16), {"transparency": 3, "interlace": 1}), ("gray.gif", gray, {"interlace": 0}),
            ("moving.gif", color, {"save_all": True, "append_images": [inverted]}),
            ("lossy.webp", color, {}), ("lossless.webp", color, {"lossless": True}), ("alpha.webp", color.convert("RGBA").rotate(30), {}),
            ("moving.webp", color, {"save_all": True, "append_images": [inverted]}),
            ("color.bmp", color, {}), ("palette.bmp", color.quantize(4), {}), ("bilevel.bmp", color.convert("1"), {}),
            ("color.tif", color, {}), ("lzw.tif", color, {"compression": "tiff_lzw", "tiffinfo": {274: 6}}),
            ("jpeg.tif", color, {"compression": "jpeg"}), ("packbits.tif", color.convert("RGBA"), {"compression": "packbits"}),
            ("fax.tif", color.convert("1"), {"compression": "group4"}), ("palette.tif", color.quantize(16), {"compression": "tiff_adobe_deflate"}),
            ("ycbcr.tif", color.convert("YCbCr"), {"compression": "tiff_lzw"}), ("wide_gray.tif", wide, {})]:
        image.save(folder / name, **options)
    whole = (folder / "palette.bmp").read_bytes()
    runs = bytes([4, 1, 0, 3, 0, 1, 2, 0, 2, 3, 0, 0] * 7 + [0, 2, 1, 1, 9, 2, 0, 1])
    start = int.from_bytes(whole[10:14], "little")
    (folder / "runs.bmp").write_bytes(whole[:28] + b"\x08\0\1\0\0\0" + whole[34:start] + runs)


def write_rows(folder):
    turns = lambda *texts: [{"from": "gpt" if i % 2 else "human", "value": text} for i, text in enumerate(texts)]
    rows = [{"id": "1", "image": "a.jpg", "conversations": turns("<image>\nWhat?", "A \u00e9.", "And?", "\u4eac.")},
            {"id": 2, "conversations": turns("No picture", "yes")},
            {"id": "3", "image": ["a.jpg", "b/c.png"], "conversations": turns("<image><image>", "two")}]
    (folder / "rows").write_text(json.dumps(rows))
    (folder / "spaced").write_text(json.dumps(rows[:2], indent=2, ensure_ascii=False) + "\n")
    odd = [{"id": float("nan"), "conversations": turns("a <image>", "b <image>", "last?")},
           {"video": "a.mp4", "conversations": [{"from": "gpt", "value": "hi"}] + turns("q", None)},
           {"image": [], "conversations": [{"from": "system", "value": "\ud83d"}] + turns("\ud83d\ude00")},
           {"n": 10**30, "image": "", "conversations": []}]
    (folder / "odd").write_text(json.dumps(odd))
    (folder / "marked").write_text('\ufeff[{"image": "a", "image": "b", "conversations": [{"from": "gpt", "value": "x"}]}]\r\n', newline="")


def main():
    root = Path(sys.argv[1])
    for name in ("safetensors", "gguf", "tokenizer_json", "image", "llava_json"):
        (root / name).mkdir(parents=True, exist_ok=True)
    write_safetensors(root / "safetensors")
    for kind in ("F32", "Q8_0", "Q4_1", "Q5_1"):
        write_gguf(root / "gguf", kind.lower(), gguf.GGMLQuantizationType[kind])
    write_tokenizers(root / "tokenizer_json")
    write_images(root / "image")
    write_rows(root / "llava_json")


if __name__ == "__main__":
    main()
