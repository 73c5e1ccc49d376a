#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adapters that PEFT wrote: logits by imp against PEFT's own, in both generations of names, and kinds that imp refuses.

    check_adapters.py CASE_FOLDER --bin BUILD_FOLDER    (CASE_FOLDER: of make_case.py)
"""
import argparse
import copy
import dataclasses
import functools
import json
import re
import shutil
import subprocess
from pathlib import Path

import peft
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, LlavaForConditionalGeneration

import peft_training
import tiny_data
from check import LOGITS, LOSSES, SWEEP, Case, expect_close, read_back, relative_error
from make_case import ask
from template import Template
from tiny_models import load_image_processor

LANGUAGE = r".*language_model\..*\.(q_proj|v_proj|o_proj|up_proj|down_proj|fc1|dense)"
TOWER = r".*vision_tower\..*\.(q_proj|v_proj|out_proj|fc1|query|value)"
PROJECTOR = ["multi_modal_projector"]
PLAIN = dict(r=4, lora_alpha=8)
READ = {
    "plain": dict(),
    "list_of_leaves": dict(target_modules=["gate_proj", "down_proj", "dense"]),
    "rank_pattern": dict(rank_pattern={"q_proj": 2, r"layers.1.mlp.*": 7, r"^model\.language_model\.layers\.2\.self_attn\.v_proj": 3}),
    "alpha_pattern": dict(alpha_pattern={"layers.0.self_attn.q_proj": 32, "down_proj": 1}),
    "both_patterns": dict(rank_pattern={"up_proj": 6}, alpha_pattern={"up_proj": 3, "v_proj": 20}),
    "rslora": dict(r=9, lora_alpha=6, use_rslora=True),
    "rslora_and_patterns": dict(r=9, lora_alpha=6, use_rslora=True, rank_pattern={"v_proj": 4}, alpha_pattern={"o_proj": 11}),
    "gaussian": dict(init_lora_weights="gaussian"),
    "orthogonal": dict(init_lora_weights="orthogonal"),
    "mica": dict(init_lora_weights="mica"),
    "no_effect": dict(fan_in_fan_out=True, task_type="CAUSAL_LM", revision="main"),
    # Parts beyond the language model.
    "tower_and_language_model": dict(target_modules=["q_proj", "v_proj", "query"]),
    "tower_alone": dict(target_modules=TOWER, use_rslora=True),
    "tower_with_ranks": dict(target_modules=["q_proj", "k_proj", "fc1", "key"], rank_pattern={r"layers\.1\.self_attn\.q_proj": 3, "fc1": 5}),
    "all_linear": dict(target_modules="all-linear"),
    "all_but_some": dict(target_modules="all-linear", exclude_modules=["k_proj", "fc2"]),
    "some_blocks": dict(target_modules=["q_proj", "v_proj"], layers_to_transform=[0, 2], layers_pattern="layers"),
    "first_convolution": dict(target_modules=r".*\.(patch_embedding|projection|q_proj)"),
    "projector": dict(modules_to_save=PROJECTOR),
    "projector_and_rslora": dict(use_rslora=True, modules_to_save=PROJECTOR),
    "half_a_projector": dict(modules_to_save=["linear_2"]),
    "lora_of_the_projector": dict(target_modules=["q_proj", "linear_1", "linear_2"]),
    "lora_of_half_a_projector": dict(target_modules=["linear_1", "o_proj", "dense"], modules_to_save=["linear_2"]),
    "whole_tower": dict(modules_to_save=["vision_tower"]),
    # Embeddings and head.
    "head": dict(target_modules=["q_proj", "lm_head"]),
    "embeddings": dict(target_modules=["v_proj", "embed_tokens"], alpha_pattern={"embed_tokens": 3}),
    "embeddings_and_head": dict(target_modules=["embed_tokens", "lm_head"]),
    "saved_embeddings": dict(modules_to_save=["embed_tokens"]),
    "saved_head": dict(modules_to_save=["lm_head"]),
    "saved_embeddings_and_head": dict(modules_to_save=["embed_tokens", "lm_head"]),
    "saved_norm": dict(modules_to_save=["norm", "final_layernorm"]),
    "tokens": dict(trainable_token_indices=list(range(5, 500, 3))),
    "tokens_of_a_module": dict(trainable_token_indices={"embed_tokens": list(range(400, 30, -2))}),
    # What else LoRA may be.
    "dora": dict(use_dora=True),
    "dora_everywhere": dict(use_dora=True, target_modules=["q_proj", "fc1", "linear_1", "embed_tokens", "patch_embedding", "query"]),
    "dora_and_rslora": dict(use_dora=True, use_rslora=True, target_modules=["q_proj", "dense", "up_proj"]),
    "bias_of_lora": dict(lora_bias=True, target_modules=r".*(vision_tower.*(q_proj|fc2|query)|linear_1)"),
    "all_biases": dict(bias="all", target_modules=["q_proj", "query"]),
    "biases_of_adapted_layers": dict(bias="lora_only", target_modules=["q_proj", "fc1", "query"]),
    "pissa": dict(init_lora_weights="pissa", target_modules=["q_proj", "up_proj", "fc1"]),
    "olora": dict(init_lora_weights="olora", target_modules=["q_proj", "up_proj", "fc1"], lora_alpha=3),
    "tied_on_purpose": dict(modules_to_save=["embed_tokens"], ensure_weight_tying=True),
}
# What training cannot go on from, or what it keeps in another file (the projector).
NOT_WRITTEN = re.compile("tower_alone|projector|all_biases|all_linear|all_but|dora|bias_of|tokens|pissa|olora")
EXPORTED = {"tower_alone", "all_linear", "head", "embeddings", "saved_embeddings", "saved_head", "dora_everywhere", "bias_of_lora"}
# Changes of a plain adapter_config.json.
REFUSED_SETTINGS = {
    "peft_type": "VBLORA", "r": 0, "bias": "some", "init_lora_weights": "loftq", "use_qalora": True, "use_bdlora": {"nblocks": 2},
    "layer_replication": [[0, 2], [1, 3]], "target_parameters": ["experts.weight"], "alora_invocation_tokens": [1, 2],
    "kasa_config": {"beta": 1}, "monteclora_config": {"samples": 2}, "arrow_config": {"top_k": 2}, "a_key_of_tomorrow": 3,
    "modules_to_save": ["lm_head"], "trainable_token_indices": [1], "use_dora": True,
}


def settings_of_peft(settings):
    """None where this PEFT has no such setting."""
    known = {field.name for field in dataclasses.fields(peft.LoraConfig)}
    old = peft.__version__ < "0.18" and settings.get("init_lora_weights") == "mica"
    return None if old or not known >= settings.keys() else {**PLAIN, "target_modules": LANGUAGE, **settings}


@functools.cache
def checkpoint_of(folder):
    return LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)


def base(case, rows=None):
    model = copy.deepcopy(checkpoint_of(case.checkpoint))
    if rows:
        model.resize_token_embeddings(rows, mean_resizing=False)
    return model


def write(case, name, config, rows=None, **saving):
    """An adapter with random numbers in every tensor that it keeps."""
    folder = case.folder / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    model = peft.get_peft_model(base(case, rows), config)
    generator = torch.Generator().manual_seed(len(name))
    with torch.no_grad():
        for weight in (weight for weight in model.parameters() if weight.requires_grad):
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.08)
    model.save_pretrained(folder, **saving)
    return folder


@torch.inference_mode()
def peft_logits(case, folder, rows=None):
    model = peft.PeftModel.from_pretrained(base(case, rows), folder).eval()
    has = {name for name, _ in model.named_parameters()}
    used = peft.get_peft_model_state_dict(model, save_embedding_layers=True)
    for name, tensor in load_file(folder / "adapter_model.safetensors").items():
        plain = name in has and torch.equal(model.get_parameter(name), tensor)
        assert plain or torch.equal(used[name], tensor), f"PEFT leaves {name} unused"
    template = Template(AutoTokenizer.from_pretrained(case.checkpoint), model.config.image_token_id, model.config.image_seq_length)
    requests = tiny_data.read_json_lines(case.folder / "requests.jsonl")
    return ask(model, template, load_image_processor(case.checkpoint), requests, case.images, generates=False)[0].numpy()


VIT_OF_4 = {"attention.q_proj": "attention.attention.query", "attention.k_proj": "attention.attention.key",
            "attention.v_proj": "attention.attention.value", "attention.o_proj": "attention.output.dense", "mlp.fc1": "intermediate.dense",
            "mlp.fc2": "output.dense"}

VIT_LEAF_OF_4 = {"fc1": "intermediate.dense"}


def older_name(name, vit):
    """As transformers 4.x and the PEFT of its time named it."""
    name = name.replace("model.language_model.", "language_model.model.").replace("base_model.model.lm_head", "base_model.model.language_model.lm_head")
    name = name.replace("base_model.model.model.", "base_model.model.")
    if not vit:
        return re.sub(r"vision_tower\.(?!vision_model)", "vision_tower.vision_model.", name)
    if "vision_tower.layers." in name:
        name = name.replace("vision_tower.layers.", "vision_tower.encoder.layer.")
        for new, old in VIT_OF_4.items():
            name = name.replace(new, old)
    return name


def older_names(case, folder):
    older = folder.with_name(folder.name + "_4x")
    shutil.rmtree(older, ignore_errors=True)
    shutil.copytree(folder, older)
    vit = "vit" in case.folder.name
    tensors = {older_name(name, vit): tensor for name, tensor in load_file(folder / "adapter_model.safetensors").items()}
    assert not any("base_model.model.model." in name for name in tensors)
    save_file(tensors, older / "adapter_model.safetensors")
    config = json.loads((folder / "adapter_config.json").read_text())
    for key in ("rank_pattern", "alpha_pattern"):
        config[key] = {VIT_LEAF_OF_4.get(path, path) if vit else path.replace(r"model\.language_model", r"language_model\.model"): value
                       for path, value in config[key].items()}
    (older / "adapter_config.json").write_text(json.dumps(config))
    return older


def ours(case, adapter, *more):
    return case.logits(case.checkpoint, "requests.jsonl", "--adapter", adapter, *more)


def check_export(case, name, folder, theirs):
    out = case.scratch / "export"
    shutil.rmtree(out, ignore_errors=True)
    case.model("export", case.checkpoint, "-o", out, "--adapter", folder)
    load = lambda: (LlavaForConditionalGeneration.from_pretrained(out, dtype=torch.float32), case.checkpoint)
    expect_close(name + ", exported, in transformers", relative_error(read_back(case, load), theirs), LOGITS)
    expect_close(name + ", exported", relative_error(case.logits(out, "requests.jsonl"), theirs), LOGITS)


def check_one(case, name, folder):
    theirs = peft_logits(case, folder)
    expect_close(name, relative_error(ours(case, folder), theirs), LOGITS)
    expect_close(name + ", names of 4.x", relative_error(ours(case, older_names(case, folder)), theirs), LOGITS)
    if name in EXPORTED:
        check_export(case, name, folder, theirs)
    if not NOT_WRITTEN.search(name):
        again = folder.with_name(name + "_again")
        case.run("tests/parity_probe", "adapter", case.checkpoint, folder, again)
        expect_close(name + ", written by imp, in PEFT", relative_error(peft_logits(case, again), theirs), LOGITS)
    return theirs


def check_read(case, chosen):
    plain = case.logits(case.checkpoint, "requests.jsonl")
    for name, settings in READ.items():
        settings = settings_of_peft(settings)
        if settings is None or not re.search(chosen, name):
            continue
        try:
            folder = write(case, name, peft.LoraConfig(**settings))
        except ValueError as error:  # this model has no such layer
            assert "not found" in str(error) or "No modules were targeted" in str(error), (name, error)
            continue
        assert relative_error(plain, check_one(case, name, folder)) > 0.01, "the adapter changes nothing"


def check_vocabularies(case):
    """Embeddings of more rows than the checkpoint's, which PEFT reads onto a base that was resized before."""
    before = base(case)
    rows = before.get_input_embeddings().weight.shape[0]
    for kind, settings in {"saved": dict(modules_to_save=["embed_tokens", "lm_head"]), "base": dict()}.items():
        name = f"grown_{kind}"
        folder = write(case, name, peft.LoraConfig(**{**PLAIN, "target_modules": LANGUAGE, **settings}), rows + 7, save_embedding_layers=kind == "base")
        theirs = peft_logits(case, folder, rows + 7)
        expect_close(name, relative_error(ours(case, folder), theirs), LOGITS)
        check_export(case, name, folder, theirs)
    if not before.config.text_config.tie_word_embeddings:
        folder = write(case, "half_grown", peft.LoraConfig(**{**PLAIN, "target_modules": LANGUAGE, "modules_to_save": ["embed_tokens"]}), rows + 7)
        assert "lm_head.weight" in refusal(case, folder)
    # The tokenizer beside saved embeddings is the one they were trained with.
    tokenizer = AutoTokenizer.from_pretrained(case.checkpoint)
    tokenizer.add_tokens(["scenetextual"])
    tokenizer.save_pretrained(folder := case.folder / "adapters/grown_saved")
    asked = case.folder / "word.jsonl"
    asked.write_text('{"question_id": 1, "question": "scenetextual"}\n')
    prompt = subprocess.run([case.binaries / "bin/imp-model", "generate", case.checkpoint, "--adapter", folder, "--requests", asked,
                             "--images", case.images, "--max-new-tokens", "1"], capture_output=True, text=True)
    assert prompt.returncode == 0, prompt.stderr
    model = peft.PeftModel.from_pretrained(base(case, rows + 7), folder).eval()
    template = Template(tokenizer, model.config.image_token_id, model.config.image_seq_length)
    request = {"question_id": 1, "question": "scenetextual"}
    assert len(tokenizer) - 1 in template.row([(request["question"], None)], False)[0], "the new token is not in the prompt"
    with torch.inference_mode():
        theirs = ask(model, template, None, [request], case.images, generates=False)[0].numpy()
    expect_close("a token that the adapter brings", relative_error(case.logits(case.checkpoint, asked, "--adapter", folder), theirs), LOGITS)


TRAINED = {
    "trained_with_saved_embeddings": dict(target_modules=["q_proj", "v_proj"], modules_to_save=["embed_tokens", "lm_head"]),
    "trained_with_ranks": dict(target_modules=["q_proj", "k_proj", "fc1", "up_proj", "embed_tokens"], use_rslora=True,
                               rank_pattern={r"layers\.1\.self_attn\.q_proj": 3, "fc1": 5}, alpha_pattern={"embed_tokens": 3}),
}


def first_loss(case, adapter):
    model = peft.PeftModel.from_pretrained(base(case), adapter).eval()
    template = Template(AutoTokenizer.from_pretrained(case.checkpoint), model.config.image_token_id, model.config.image_seq_length)
    rows, processor = json.loads((case.folder / "train.json").read_text()), load_image_processor(case.checkpoint)
    micro = [peft_training.batch_of(rows[i:i + peft_training.MICRO_BATCH], template, processor, case.images)[0]
             for i in range(0, peft_training.BATCH, peft_training.MICRO_BATCH)]
    with torch.inference_mode():
        return sum(model(**batch).loss.item() for batch in micro) / len(micro)


def check_sweep(case):
    """Training goes on from an adapter that has more than the language model's layers: its first loss, and what it writes, in PEFT."""
    for name, settings in TRAINED.items():
        first = write(case, name, peft.LoraConfig(**{**PLAIN, **settings}))
        loss = first_loss(case, first)
        text = SWEEP.format(folder=case.folder, rank=4, alpha=8, clip=1.0, reference=peft_training)
        sweep = case.scratch / "adapters.yaml"
        sweep.write_text(re.sub("init_adapter: .*", f"init_adapter: {first}", text).replace(f"max_steps: {peft_training.STEPS}", "max_steps: 4"))
        shutil.rmtree(case.runs(), ignore_errors=True)
        case.run("bin/imp-sweep", "run", sweep, "--runs", case.runs(), "--db", case.runs() / "imp.db")
        log = tiny_data.read_json_lines(case.trained() / "train.jsonl")
        expect_close(name + ", first loss", abs(log[0]["loss"] - loss) / loss, LOSSES)
        assert log[-1]["loss"] != log[0]["loss"]
        before, after = (load_file(folder / "adapter_model.safetensors") for folder in (first, case.trained() / "adapter"))
        assert before.keys() == after.keys(), before.keys() ^ after.keys()
        for tensor in before:
            stays = "vision_tower" in tensor or ".lora_A." not in tensor and ".lora_B." not in tensor
            assert torch.equal(before[tensor], after[tensor]) == stays, tensor

        def load():
            model = base(case)
            weights = load_file(case.trained() / "projector.safetensors")
            model.model.multi_modal_projector.load_state_dict({key.removeprefix("multi_modal_projector."): weight for key, weight in weights.items()})
            return peft.PeftModel.from_pretrained(model, case.trained() / "adapter"), case.checkpoint

        ours_of = case.logits(case.checkpoint, "requests.jsonl", "--adapter", case.trained() / "adapter", "--projector", case.trained() / "projector.safetensors")
        expect_close(name + ", in PEFT", relative_error(ours_of, read_back(case, load)), LOGITS)


def refusal(case, folder):
    done = subprocess.run([case.binaries / "bin/imp-model", "inspect", case.checkpoint, "--adapter", folder], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, (done.returncode, done.stderr)
    print("refused:", done.stderr.strip().replace(str(case.folder), "CASE"))
    return done.stderr


def check_refused(case):
    kinds = {
        "IA3": peft.IA3Config(target_modules=["down_proj", "fc1"], feedforward_modules=["down_proj", "fc1"]),
        "LOHA": peft.LoHaConfig(target_modules=LANGUAGE),
        "VERA": peft.VeraConfig(target_modules=["v_proj"]),
        "ADALORA": peft.AdaLoraConfig(target_modules=LANGUAGE, total_step=10),
        "PROMPT_TUNING": peft.PromptTuningConfig(num_virtual_tokens=2, task_type="CAUSAL_LM", num_layers=3, token_dim=64, num_attention_heads=4, num_transformer_submodules=1),
    }
    for name, config in kinds.items():
        message = refusal(case, write(case, "refused", config))
        assert name in message and "adapter" in message, (name, message)
    folder = write(case, "refused", peft.LoraConfig(**{**PLAIN, "target_modules": LANGUAGE}))
    plain = json.loads((folder / "adapter_config.json").read_text())
    for key, value in REFUSED_SETTINGS.items():
        (folder / "adapter_config.json").write_text(json.dumps({**plain, key: value}))
        assert key in refusal(case, folder), key


def check_settings(case):
    """Each field of this PEFT's LoraConfig stands in imp's table, with its default."""
    ours = {line["key"]: line for line in map(json.loads, case.run("tests/parity_probe", "settings").splitlines())}
    for field in dataclasses.fields(peft.LoraConfig):
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        if field.name == "runtime_config":  # never written
            default = None
        assert field.name in ours, f"PEFT {peft.__version__} has {field.name}, which models/lora/adapter_settings.cpp has not"
        assert ours[field.name]["default"] == default, (field.name, ours[field.name]["default"], default)
    print(f"{len(dataclasses.fields(peft.LoraConfig))} settings of PEFT {peft.__version__} are known")


CHECKS = {"read": lambda case, chosen: check_read(case, chosen), "vocabularies": lambda case, _: check_vocabularies(case),
          "refused": lambda case, _: check_refused(case), "sweep": lambda case, _: check_sweep(case), "settings": lambda case, _: check_settings(case)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--checks", nargs="+", choices=CHECKS, default=list(CHECKS))
    parser.add_argument("--only", default="", help="a regular expression: kinds that are read")
    options = parser.parse_args()
    torch.set_num_threads(1)
    case = Case(options.folder.resolve(), options.bin, rank=0)
    for check in options.checks:
        CHECKS[check](case, options.only)


if __name__ == "__main__":
    main()
