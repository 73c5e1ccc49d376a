#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adapters that PEFT wrote: logits by imp against PEFT's own, in both generations of names, and kinds that imp refuses.

    check_adapters.py CASE_FOLDER --bin BUILD_FOLDER    (CASE_FOLDER: of make_case.py)
"""
import argparse
import json
import shutil
import subprocess
from pathlib import Path

import peft
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, LlavaForConditionalGeneration

import tiny_data
from check import LOGITS, Case, expect_close, relative_error
from make_case import ask
from template import Template
from tiny_models import load_image_processor

LANGUAGE = r".*language_model\..*\.(q_proj|v_proj|o_proj|up_proj|down_proj)"
PROJECTOR = ["multi_modal_projector"]
READ = {
    "plain": dict(r=4, lora_alpha=8),
    "list_of_leaves": dict(r=4, lora_alpha=8, target_modules=["gate_proj", "down_proj"]),  # no such leaf in the tower
    "rank_pattern": dict(r=4, lora_alpha=8, rank_pattern={"q_proj": 2, r"layers.1.mlp.*": 7, r"^model\.language_model\.layers\.2\.self_attn\.v_proj": 3}),
    "alpha_pattern": dict(r=4, lora_alpha=8, alpha_pattern={"layers.0.self_attn.q_proj": 32, "down_proj": 1}),
    "both_patterns": dict(r=4, lora_alpha=8, rank_pattern={"up_proj": 6}, alpha_pattern={"up_proj": 3, "v_proj": 20}),
    "rslora": dict(r=9, lora_alpha=6, use_rslora=True),
    "rslora_and_patterns": dict(r=9, lora_alpha=6, use_rslora=True, rank_pattern={"v_proj": 4}, alpha_pattern={"o_proj": 11}),
    "projector": dict(r=4, lora_alpha=8, modules_to_save=PROJECTOR),
    "projector_and_rslora": dict(r=4, lora_alpha=8, use_rslora=True, modules_to_save=PROJECTOR),
    "half_a_projector": dict(r=4, lora_alpha=8, modules_to_save=["linear_2"]),
    "gaussian": dict(r=4, lora_alpha=8, init_lora_weights="gaussian"),
}
REFUSED = {
    "use_dora": dict(use_dora=True),
    "lora_bias": dict(lora_bias=True),
    "bias must be 'none'": dict(bias="lora_only"),
    "layers_to_transform": dict(target_modules=["gate_proj"], layers_to_transform=[0, 1]),
    "init_lora_weights": dict(init_lora_weights="pissa"),
    "modules_to_save": dict(modules_to_save=["lm_head"]),
    "trainable_token_indices": dict(trainable_token_indices={"embed_tokens": [3]}),
}


def base(case):
    return LlavaForConditionalGeneration.from_pretrained(case.checkpoint, dtype=torch.float32)


def write(case, name, config):
    """An adapter with random numbers in every tensor that it keeps."""
    folder = case.folder / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    model = peft.get_peft_model(base(case), config)
    generator = torch.Generator().manual_seed(len(name))
    with torch.no_grad():
        for weight in (weight for weight in model.parameters() if weight.requires_grad):
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.08)
    model.save_pretrained(folder)
    return folder


@torch.inference_mode()
def peft_logits(case, folder):
    model = peft.PeftModel.from_pretrained(base(case), folder).eval()
    used = sum(".lora_" in name or "modules_to_save" in name for name, _ in model.named_parameters())
    assert used == len(load_file(folder / "adapter_model.safetensors")), "PEFT leaves tensors of the file unused"
    template = Template(AutoTokenizer.from_pretrained(case.checkpoint), model.config.image_token_id, model.config.image_seq_length)
    requests = tiny_data.read_json_lines(case.folder / "requests.jsonl")
    return ask(model, template, load_image_processor(case.checkpoint), requests, case.images, generates=False)[0].numpy()


def older_names(folder):
    """The same adapter as transformers 4.x and the PEFT of its time wrote it."""
    older = folder.with_name(folder.name + "_4x")
    shutil.rmtree(older, ignore_errors=True)
    shutil.copytree(folder, older)
    rename = lambda name: name.replace("model.language_model.", "language_model.model.")
    tensors = {rename(name).replace("model.model.multi_modal", "model.multi_modal"): tensor
               for name, tensor in load_file(folder / "adapter_model.safetensors").items()}
    assert all(name.startswith(("base_model.model.language_model.model.", "base_model.model.multi_modal_projector.")) for name in tensors)
    save_file(tensors, older / "adapter_model.safetensors")
    config = json.loads((folder / "adapter_config.json").read_text())
    for key in ("rank_pattern", "alpha_pattern"):
        config[key] = {path.replace(r"model\.language_model", r"language_model\.model"): value for path, value in config[key].items()}
    (older / "adapter_config.json").write_text(json.dumps(config))
    return older


def check_read(case):
    plain = case.logits(case.checkpoint, "requests.jsonl")
    for name, settings in READ.items():
        folder = write(case, name, peft.LoraConfig(**{"target_modules": LANGUAGE, **settings}))
        theirs = peft_logits(case, folder)
        assert relative_error(plain, theirs) > 0.01, "the adapter changes nothing"
        ours = lambda adapter: case.logits(case.checkpoint, "requests.jsonl", "--adapter", adapter)
        expect_close(name, relative_error(ours(folder), theirs), LOGITS)
        expect_close(name + ", names of 4.x", relative_error(ours(older_names(folder)), theirs), LOGITS)
        if "modules_to_save" in settings:
            continue
        again = folder.with_name(name + "_again")
        case.run("tests/parity_probe", "adapter", case.checkpoint, folder, again)
        expect_close(name + ", written by imp, in PEFT", relative_error(peft_logits(case, again), theirs), LOGITS)


def refusal(case, folder):
    done = subprocess.run([case.binaries / "bin/imp-model", "inspect", case.checkpoint, "--adapter", folder], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, (done.returncode, done.stderr)
    return done.stderr


def check_refused(case):
    kinds = {name: peft.LoraConfig(**{"r": 4, "target_modules": LANGUAGE, **settings}) for name, settings in REFUSED.items()}
    kinds["IA3"] = peft.IA3Config(target_modules=["down_proj"], feedforward_modules=["down_proj"])
    kinds["LOHA"] = peft.LoHaConfig(target_modules=LANGUAGE)
    kinds["VERA"] = peft.VeraConfig(target_modules=["o_proj"])
    kinds["belong to no layer"] = peft.LoraConfig(r=4, target_modules=r".*vision_tower.*(q_proj|query)")
    for name, config in kinds.items():
        message = refusal(case, write(case, "refused", config))
        assert name in message and "adapter" in message, (name, message)
        print("refused:", message.strip().replace(str(case.folder), "CASE"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bin", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    case = Case(options.folder.resolve(), options.bin, rank=0)
    check_read(case)
    check_refused(case)


if __name__ == "__main__":
    main()
