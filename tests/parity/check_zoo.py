#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads a model that imp pretrained (sweeps/zoo) with transformers and compares logits or hidden states with imp's own.

    check_zoo.py MODEL_FOLDER --bin BUILD_FOLDER --scratch FOLDER

Exit code 77: the folder is not there (a checkout without the committed weights).
"""
import argparse
import json
import random
import sys
from pathlib import Path

import torch
import transformers as hf

import tiny_data
from check import Case, expect_close, LOGITS, relative_error
from safetensors.numpy import load_file

TOWERS = {"siglip_vision_model": hf.SiglipVisionModel, "clip_vision_model": hf.CLIPVisionModel, "vit": hf.ViTModel}


def load_whole(kind, folder, **options):
    model, info = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True, **options)
    assert not info["missing_keys"] and not info["mismatched_keys"] and not info["unexpected_keys"], info
    return model.eval()


@torch.inference_mode()
def check_language_model(case, folder):
    from make_case import ask
    from template import Template

    requests = tiny_data.make_requests([""], 8, seed=31)
    for request in requests:
        request.pop("image", None)
    tiny_data.write_json_lines(case.folder / "zoo_requests.jsonl", requests)
    template = Template(hf.AutoTokenizer.from_pretrained(folder), None, 0)
    logits, answers = ask(load_whole(hf.AutoModelForCausalLM, folder), template, None, requests, None)
    expect_close("logits", relative_error(case.logits(folder, "zoo_requests.jsonl"), logits.numpy()), LOGITS)
    assert case.answers(folder, "zoo_requests.jsonl") == answers, "greedy answers differ"


@torch.inference_mode()
def check_tower(case, folder, kind):
    from make_case import pixels
    from tiny_models import load_image_processor

    picture = tiny_data.make_pictures(case.folder / "images", 1, random.Random(7).randint(0, 99))[0]
    options = {"add_pooling_layer": False} if kind is hf.ViTModel else {}
    states = load_whole(kind, folder, **options)(pixels(load_image_processor(folder), case.images / picture), output_hidden_states=True).hidden_states
    out = case.scratch / "tower.safetensors"
    case.run("tests/parity_probe", "tower", folder, case.images / picture, out)
    ours = load_file(out)
    for index, state in enumerate(states[:-1]):  # LLaVA takes the last but one
        expect_close(f"hidden_states.{index}", relative_error(ours[f"hidden_states.{index}"], state[0].numpy()), LOGITS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    options = parser.parse_args()
    if not (options.folder / "model.safetensors").exists():
        print(f"{options.folder} is not there")
        sys.exit(77)
    options.scratch.mkdir(parents=True, exist_ok=True)
    case = Case(options.scratch, options.bin, rank=0)
    kind = json.loads((options.folder / "config.json").read_text())["model_type"]
    if kind in TOWERS:
        check_tower(case, options.folder, TOWERS[kind])
    else:
        check_language_model(case, options.folder)


if __name__ == "__main__":
    main()
