#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One checkpoint in every layout that a user may have: names of transformers 4.x and 5.x, shards with an index, float16 and
bfloat16, LLaVA's own projector file, pickled weights. Logits by imp against transformers' on the same numbers.

    check_layouts.py CASE_FOLDER --bin BUILD_FOLDER    (CASE_FOLDER: of make_case.py)
"""
import argparse
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from transformers import LlavaForConditionalGeneration

from check import LOGITS, Case, expect_close, relative_error, read_back


def newer(name):
    return name if name.startswith("lm_head") else "model." + name.removeprefix("model.")


def names_of_4x(tensors):
    """`language_model.model.`, `language_model.lm_head.`, `vision_tower.`, `multi_modal_projector.`"""
    renamed = {}
    for name, tensor in tensors.items():
        name = name.removeprefix("model.")
        if name.startswith("language_model.") and not name.startswith(("language_model.model.", "language_model.lm_head.")):
            name = "language_model.model." + name.removeprefix("language_model.")
        renamed["language_model." + name if name.startswith("lm_head") else name] = tensor
    return renamed


def names_of_5x(tensors):
    """`model.language_model.`, `lm_head.`, `model.vision_tower.`, `model.multi_modal_projector.`"""
    return {newer(name.replace("language_model.model.", "language_model.").replace("language_model.lm_head.", "lm_head.")): tensor
            for name, tensor in names_of_4x(tensors).items()}


def copy(case, name, tensors=None):
    """The checkpoint's folder under another name with these tensors, or without any."""
    folder = case.folder / "layouts" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(case.checkpoint, folder, ignore=shutil.ignore_patterns("*.safetensors*"))
    if tensors is not None:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def shards(case, tensors, count):
    folder, names = copy(case, "sharded"), sorted(tensors)
    shard = {name: f"model-{index % count + 1:05d}-of-{count:05d}.safetensors" for index, name in enumerate(names)}
    for file in sorted(set(shard.values())):
        save_file({name: tensors[name] for name in names if shard[name] == file}, folder / file, metadata={"format": "pt"})
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": shard}))
    return folder


def refusal(case, folder, *more):
    line = [case.binaries / "bin/imp-model", "logits", folder, "--requests", case.folder / "requests.jsonl", "--images", case.images,
            "-o", case.scratch / "refused.safetensors", *more]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, (done.returncode, done.stderr)
    print("refused:", done.stderr.strip().replace(str(case.folder), "CASE"))
    return done.stderr


def convert(message):
    """Does what the message advises."""
    command = shlex.split(message[message.index("python -c"):])
    done = subprocess.run([sys.executable, *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def check_pickles(case, tensors, theirs):
    folder = copy(case, "pickled")
    torch.save(tensors, folder / "pytorch_model.bin")
    convert(refusal(case, folder))
    expect_close("converted from pytorch_model.bin", relative_error(case.logits(folder, "requests.jsonl"), theirs), LOGITS)


def check_projector(case, tensors, theirs):
    """LLaVA-1.5's mm_projector in place of a projector of zeros."""
    linear = {name: tensor for name, tensor in names_of_4x(tensors).items() if name.startswith("multi_modal_projector.")}
    without = {name: torch.zeros_like(tensor) if name in linear else tensor for name, tensor in names_of_4x(tensors).items()}
    folder = copy(case, "without_projector", without)
    assert relative_error(case.logits(folder, "requests.jsonl"), theirs) > 0.01
    for prefix in ("model.mm_projector.", "mm_projector."):
        original = {name.replace("multi_modal_projector.linear_1.", prefix + "0.").replace("multi_modal_projector.linear_2.", prefix + "2."):
                    tensor for name, tensor in linear.items()}
        save_file(original, folder / "mm_projector.safetensors")
        ours = case.logits(folder, "requests.jsonl", "--projector", folder / "mm_projector.safetensors")
        expect_close(f"{prefix}0 and {prefix}2", relative_error(ours, theirs), LOGITS)
    torch.save(original, folder / "mm_projector.bin")
    (folder / "mm_projector.safetensors").unlink()
    convert(refusal(case, folder, "--projector", folder / "mm_projector.bin"))
    ours = case.logits(folder, "requests.jsonl", "--projector", folder / "mm_projector.safetensors")
    expect_close("converted from mm_projector.bin", relative_error(ours, theirs), LOGITS)
    shape = {name: tensor[:-1].clone() if tensor.dim() == 2 else tensor for name, tensor in original.items()}
    save_file(shape, folder / "mm_projector.safetensors")
    assert "mm_projector.0.weight" in refusal(case, folder, "--projector", folder / "mm_projector.safetensors")


def check_halves(case, tensors):
    """float16 and bfloat16 weights, computed with in float32 by both."""
    for kind in (torch.float16, torch.bfloat16):
        folder = copy(case, str(kind).removeprefix("torch."), {name: tensor.to(kind) for name, tensor in tensors.items()})
        load = lambda: (LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32), folder)
        expect_close(f"{kind} weights", relative_error(case.logits(folder, "requests.jsonl"), read_back(case, load)), LOGITS)


def check_missing(case, tensors):
    folder = shards(case, tensors, 3)
    (folder / "model-00002-of-00003.safetensors").unlink()
    assert "model-00002-of-00003.safetensors: shard is missing" in refusal(case, folder)
    lost = "multi_modal_projector.linear_1.bias"
    partial = {name: tensor for name, tensor in names_of_4x(tensors).items() if name != lost}
    assert f"no tensor '{lost}'" in refusal(case, copy(case, "partial", partial))
    folder = copy(case, "larger_vocabulary", tensors)
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["vocab_size"] -= 1
    (folder / "config.json").write_text(json.dumps(config))
    message = refusal(case, folder)
    assert "embed_tokens" in message and "calls for" in message
    rows = config["text_config"]["vocab_size"] = 300
    cut = {name: tensor[:rows].clone() if "embed_tokens" in name or "lm_head" in name else tensor for name, tensor in tensors.items()}
    save_file(cut, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    assert "its tokenizer has ids up to 511" in refusal(case, folder)
    config["text_config"]["model_type"] = "qwen2"
    (folder / "config.json").write_text(json.dumps(config))
    assert "text_config: model_type 'qwen2'" in refusal(case, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bin", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    case = Case(options.folder.resolve(), options.bin, rank=0)
    tensors = load_file(case.checkpoint / "model.safetensors")
    theirs = load_file(case.reference / "logits.safetensors")["logits"].numpy().astype(numpy.float32)
    for name, renamed in (("names_of_4x", names_of_4x(tensors)), ("names_of_5x", names_of_5x(tensors))):
        folder = copy(case, name, renamed)
        expect_close(name, relative_error(case.logits(folder, "requests.jsonl"), theirs), LOGITS)
    assert set(names_of_4x(tensors)) != set(names_of_5x(tensors))
    expect_close("three shards", relative_error(case.logits(shards(case, tensors, 3), "requests.jsonl"), theirs), LOGITS)
    check_halves(case, tensors)
    check_projector(case, tensors, theirs)
    check_pickles(case, tensors, theirs)
    check_missing(case, tensors)


if __name__ == "__main__":
    main()
