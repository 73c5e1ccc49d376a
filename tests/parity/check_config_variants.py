#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Settings of a config.json that transformers has had for years, each on a tiny checkpoint with random weights: imp's logits
and greedy answers against transformers' on the same directory, and imp's export read back by transformers.

    check_config_variants.py language|tower|projector|llava FOLDER --bin BUILD_FOLDER [--generation 4]
"""
import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import torch
import transformers as hf
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_tensors, save_file

import tiny_data
import tiny_models
from check import LOGITS, relative_error
from make_case import ask, pixels
from template import Template
from tiny_models import IS_4

POSITIONS = 512  # max_position_embeddings of the tiny language models


class Scratch:
    def __init__(self, folder, binaries):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.binaries, self.images = folder, binaries, folder / "images"
        pictures = tiny_data.make_pictures(self.images, count=2, seed=21)
        self.requests = tiny_data.make_requests(pictures, 3, seed=23)
        self.text_requests = [{key: value for key, value in request.items() if key != "image"} for request in self.requests]
        tiny_data.write_json_lines(folder / "requests.jsonl", self.requests)
        tiny_data.write_json_lines(folder / "text_requests.jsonl", self.text_requests)

    def run(self, program, *arguments):
        line = [str(self.binaries / program), *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(line)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def asked(self, command, directory, requests, *more):
        return self.run("bin/imp-model", command, directory, "--requests", self.folder / requests, "--images", self.images, *more)

    def logits(self, directory, requests):
        out = self.folder / "logits.safetensors"
        self.asked("logits", directory, requests, "-o", out)
        return load_file(out)["logits"]

    def answers(self, directory, requests):
        return [json.loads(line) for line in self.asked("generate", directory, requests, "--max-new-tokens", 8).splitlines()]


def expect_close(name, ours, theirs):
    error = relative_error(ours, theirs)
    assert error <= LOGITS, f"{name}: {error:.3e} is above {LOGITS:.0e}"
    return error


def edit_config(folder, edit):
    if edit is None:
        return
    path = folder / "config.json"
    config = json.loads(path.read_text())
    edit(config)
    path.write_text(json.dumps(config))


def rope(**scaling):
    """The settings where each generation has them: 4.x beside the others, 5.x in rope_parameters."""
    theta = scaling.pop("rope_theta", 10000.0)
    return dict(rope_theta=theta, rope_scaling=scaling) if IS_4 else dict(rope_parameters={"rope_theta": theta, **scaling})


LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
FACTORS = [1.0 + 0.25 * i for i in range(8)]  # one for each pair of channels


def longrope():
    settings = dict(rope_type="longrope", short_factor=FACTORS, long_factor=[4.0 * f for f in FACTORS], factor=4.0)
    if IS_4:  # which looks for the original length beside the other settings alone
        return dict(original_max_position_embeddings=POSITIONS // 4, **rope(**settings))
    return rope(original_max_position_embeddings=POSITIONS // 4, **settings)


def older_names(config):
    """What 4.3x wrote: `type`, beside rope_theta."""
    parameters = config.pop("rope_parameters", None)
    if parameters:
        config["rope_theta"] = parameters.pop("rope_theta")
        config["rope_scaling"] = parameters
    config["rope_scaling"]["type"] = config["rope_scaling"].pop("rope_type")


# name: (class, settings beside tiny_models' own, edit of the saved config.json)
LANGUAGE = {
    "llama_attention_bias": ("llama", dict(attention_bias=True), None),
    "llama_mlp_bias": ("llama", dict(mlp_bias=True), None),
    "llama_both_biases": ("llama", dict(attention_bias=True, mlp_bias=True), None),
    "llama_head_dim": ("llama", dict(head_dim=24), None),
    "llama_head_dim_null": ("llama", dict(num_key_value_heads=2), lambda config: config.update(head_dim=None)),
    "llama_kv_heads_null": ("llama", dict(num_key_value_heads=None), lambda config: config.update(num_key_value_heads=None)),
    "llama_tied": ("llama", dict(tie_word_embeddings=True), None),
    "llama_linear_rope": ("llama", rope(rope_type="linear", factor=4.0), None),
    "llama_linear_rope_of_4_3x": ("llama", rope(rope_type="linear", factor=2.5, rope_theta=5000.0), older_names),
    "llama_dynamic_rope_within_its_positions": ("llama", rope(rope_type="dynamic", factor=2.0), None),
    "llama_yarn": ("llama", rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=32), None),
    "llama_yarn_all_settings": ("llama", rope(rope_type="yarn", factor=8.0, original_max_position_embeddings=48, beta_fast=16.0,
                                              beta_slow=2.0, attention_factor=1.3, truncate=False), None),
    "llama_yarn_mscale": ("llama", rope(rope_type="yarn", factor=8.0, original_max_position_embeddings=48, mscale=1.0,
                                        mscale_all_dim=0.5), None),
    "llama_longrope_short": ("llama", longrope(), None),
    "llama_llama3": ("llama", rope(**LLAMA3), None),
    "llama_llama3_large_theta": ("llama", rope(**LLAMA3, rope_theta=500000.0), None),
    "phi_qk_layernorm": ("phi", dict(qk_layernorm=True), None),
    "phi_grouped_heads": ("phi", dict(num_key_value_heads=2), None),
    "phi_tied": ("phi", dict(tie_word_embeddings=True), None),
    "phi_linear_rope": ("phi", dict(**rope(rope_type="linear", factor=4.0, **({} if IS_4 else {"partial_rotary_factor": 0.5})),
                                    **({"partial_rotary_factor": 0.5} if IS_4 else {})), None),
    **{f"llama_{name}": ("llama", dict(hidden_act=name), None) for name in ("gelu", "gelu_new", "relu", "relu2", "swish", "mish", "tanh")},
    **{f"phi_{name}": ("phi", dict(hidden_act=name), None) for name in ("gelu", "gelu_fast", "relu", "silu", "quick_gelu", "leaky_relu")},
}


def text_config(kind, tokenizer, settings):
    case = dict(language=kind, kv_heads=4, tied=False)
    sizes = tiny_models.text_config(case, tokenizer).to_dict()
    for key in ("rope_parameters", "rope_scaling") if "rope_parameters" in settings or "rope_scaling" in settings else ():
        sizes.pop(key, None)
    if "hidden_act" in settings or "head_dim" in settings or "num_key_value_heads" in settings:
        sizes.pop("head_dim", None)
    return {"llama": hf.LlamaConfig, "phi": hf.PhiConfig}[kind](**{**sizes, **settings})


@torch.inference_mode()
def language_variant(scratch, name):
    kind, settings, edit = LANGUAGE[name]
    folder, tokenizer = scratch.folder / name, tiny_models.make_tokenizer(kind == "llama")
    model_class = {"llama": hf.LlamaForCausalLM, "phi": hf.PhiForCausalLM}[kind]
    tiny_models.randomize(model_class(text_config(kind, tokenizer, settings)), seed=12).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    edit_config(folder, edit)
    model = model_class.from_pretrained(folder, dtype=torch.float32).eval()
    theirs, answers = ask(model, Template(tokenizer, None, 0), None, scratch.text_requests, None)
    error = expect_close(name, scratch.logits(folder, "text_requests.jsonl"), theirs.numpy())
    assert scratch.answers(folder, "text_requests.jsonl") == answers, f"{name}: other answers"
    return error


# name: (class, settings)
TOWERS = {
    "vit_without_qkv_bias": ("vit", dict(qkv_bias=False)),
    "vit_sides_as_lists": ("vit", dict(image_size=[48, 48], patch_size=[12, 12])),
    "vit_gelu_new": ("vit", dict(hidden_act="gelu_new")),
    "clip_gelu": ("clip", dict(hidden_act="gelu")),
    "clip_relu": ("clip", dict(hidden_act="relu")),
    "clip_swish": ("clip", dict(hidden_act="swish")),
    "siglip_gelu": ("siglip", dict(hidden_act="gelu")),
    "siglip_mish": ("siglip", dict(hidden_act="mish")),
    "siglip_larger_eps": ("siglip", dict(layer_norm_eps=1e-2)),
}


@torch.inference_mode()
def tower_variant(scratch, name):
    kind, settings = TOWERS[name]
    case = dict(vision=kind, image=48, patch=12, tied=False)
    folder = scratch.folder / name
    config = type(tiny_models.vision_config(case))(**{**tiny_models.vision_config(case).to_dict(), **settings})
    model_class = {"siglip": hf.SiglipVisionModel, "clip": hf.CLIPVisionModel, "vit": hf.ViTModel}[kind]
    tiny_models.randomize(model_class(config, **({"add_pooling_layer": False} if kind == "vit" else {})), seed=13).save_pretrained(folder)
    tiny_models.image_processor(case).save_pretrained(folder)
    model = model_class.from_pretrained(folder, dtype=torch.float32).eval()
    picture = scratch.images / "000.png"
    states = model(pixels(tiny_models.image_processor(case), picture), output_hidden_states=True).hidden_states
    out = scratch.folder / "tower.safetensors"
    scratch.run("tests/parity_probe", "tower", folder, picture, out)
    ours = load_file(out)
    # transformers 5 has the last one normed for some towers; parity's own cases compare that.
    return max(expect_close(f"{name}, state {i}", ours[f"hidden_states.{i}"].reshape(states[i][0].shape), states[i][0].numpy())
               for i in range(len(states) - 1))


# name: (language model, tower, settings of LlavaConfig, settings of its text_config, edit of config.json, edit of the tensors)
def llava(language="llama", vision="clip", text=None, edit=None, tensors=None, **settings):
    return dict(language=language, vision=vision, settings=settings, text=text or {}, edit=edit, tensors=tensors)


def in_parts(change):
    def edit(config):
        for part in ("text_config", "vision_config"):
            change(config[part])
    return edit


def without_defaults(config):
    """What save_pretrained leaves out: keys that equal the class's default, and the kinds of the parts."""
    for part, config_class in (("text_config", hf.LlamaConfig), ("vision_config", hf.CLIPVisionConfig)):
        defaults = config_class().to_dict()
        config[part] = {key: value for key, value in config[part].items() if key not in defaults or defaults[key] != value}
        config[part].pop("model_type", None)


def nulls(config):
    """Keys that are there without a value."""
    config["text_config"].update(head_dim=None, num_key_value_heads=None, rope_scaling=None, pad_token_id=None)
    config.update(pad_token_id=None)


def own_head(tensors):
    """A head that is not the embeddings', whatever the config says."""
    name = next(name for name in tensors if name.endswith("lm_head.weight"))
    tensors[name] = tensors[name].flip(0).contiguous()


ACTIVATIONS = ["gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python", "gelu_10", "quick_gelu", "silu", "swish", "relu", "relu2", "relu6",
               "leaky_relu", "tanh", "sigmoid", "mish", "laplace", "linear"] + ([] if IS_4 else ["hardswish", "sqrtsoftplus"])
PROJECTOR = {
    **{f"projector_{name}": llava(projector_hidden_act=name) for name in ACTIVATIONS},
    "projector_without_bias": llava(multimodal_projector_bias=False),
    "projector_without_bias_relu": llava(multimodal_projector_bias=False, projector_hidden_act="relu"),
}
LLAVA = {
    "siglip_default_drops_a_patch": llava(vision="siglip"),
    "siglip_full": llava(vision="siglip", vision_feature_select_strategy="full"),
    "clip_full": llava(vision_feature_select_strategy="full"),
    "vit_full": llava(vision="vit", vision_feature_select_strategy="full"),
    "two_layers": llava(vision_feature_layer=[-2, -1]),
    "three_layers_of_both_signs": llava(vision_feature_layer=[1, -1, 0], vision_feature_select_strategy="full"),
    "one_layer_twice": llava(vision="vit", vision_feature_layer=[-2, -2]),
    "a_list_of_one": llava(vision_feature_layer=[-3]),
    "two_layers_of_siglip": llava(vision="siglip", vision_feature_layer=[-3, -2], vision_feature_select_strategy="full"),
    "embeddings_of_the_tower": llava(vision_feature_layer=0),
    "layer_counted_from_the_start": llava(vision_feature_layer=2),
    "last_layer_of_siglip": llava(vision="siglip", vision_feature_layer=-1, vision_feature_select_strategy="full"),
    "tied_at_the_top_alone": llava(edit=lambda config: config.update(tie_word_embeddings=True)),
    "tied_in_text_config": llava(text=dict(tie_word_embeddings=True), tie_word_embeddings=True),
    "phi_siglip_biasless": llava(language="phi", vision="siglip", multimodal_projector_bias=False, vision_feature_select_strategy="full"),
    "llama3_rope": llava(text=rope(**LLAMA3)),
    "linear_rope": llava(text=rope(rope_type="linear", factor=4.0)),
    "yarn": llava(text=rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)),
    "attention_bias": llava(text=dict(attention_bias=True)),
    "keys_left_out": llava(edit=without_defaults),
    "keys_that_are_null": llava(edit=nulls),
    "two_names_of_the_image_token": llava(edit=lambda config: config.update(image_token_id=config["image_token_index"], image_token_index=5)),
    "unknown_keys": llava(edit=lambda config: config.update(mm_projector_type="mlp2x_gelu", ignore_index=-100, vocab_size=7, use_cache=True)),
}
if not IS_4:  # 4.x throws away a head that is in the file where text_config ties it
    LLAVA["tied_with_a_head_of_its_own"] = llava(text=dict(tie_word_embeddings=False), tensors=own_head,
                                                 edit=lambda config: (config.update(tie_word_embeddings=True),
                                                                      config["text_config"].update(tie_word_embeddings=True)))


def make_llava(scratch, name, variant):
    folder, tokenizer = scratch.folder / name, tiny_models.make_tokenizer(variant["language"] == "llama")
    case = dict(vision=variant["vision"], image=32, patch=8, tied=False)
    settings = dict(vision_feature_select_strategy="default", vision_feature_layer=-2, tie_word_embeddings=False)
    config = hf.LlavaConfig(text_config=text_config(variant["language"], tokenizer, variant["text"]), vision_config=tiny_models.vision_config(case),
                            image_token_index=tokenizer.convert_tokens_to_ids("<image>"), pad_token_id=tokenizer.pad_token_id,
                            **{**settings, **variant["settings"]})
    tiny_models.randomize(hf.LlavaForConditionalGeneration(config), seed=11, eos=tokenizer.eos_token_id).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    tiny_models.image_processor(case).save_pretrained(folder)
    edit_config(folder, variant["edit"])
    if variant["tensors"]:
        tensors = load_tensors(folder / "model.safetensors")
        variant["tensors"](tensors)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder, tokenizer, tiny_models.image_processor(case)


@torch.inference_mode()
def llava_variant(scratch, name):
    variant = {**PROJECTOR, **LLAVA}[name]
    folder, tokenizer, processor = make_llava(scratch, name, variant)
    said = json.loads(scratch.run("bin/imp-model", "inspect", folder, "--json"))

    def theirs_of(directory, generates):
        model, info = hf.LlavaForConditionalGeneration.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
        assert not info["missing_keys"], info
        template = Template(tokenizer, model.config.image_token_id, said["projector"]["image_tokens"])
        return ask(model.eval(), template, processor, scratch.requests, scratch.images, generates=generates)

    theirs, answers = theirs_of(folder, True)
    error = expect_close(name, scratch.logits(folder, "requests.jsonl"), theirs.numpy())
    assert scratch.answers(folder, "requests.jsonl") == answers, f"{name}: other answers"
    exported = scratch.folder / f"{name}_exported"
    scratch.run("bin/imp-model", "export", folder, "-o", exported)
    expect_close(f"{name}, exported, in transformers", theirs_of(exported, False)[0].numpy(), theirs.numpy())
    return error


GROUPS = {"language": (LANGUAGE, language_variant), "tower": (TOWERS, tower_variant), "projector": (PROJECTOR, llava_variant),
          "llava": (LLAVA, llava_variant)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--generation", help="of transformers that PYTHONPATH is expected to bring")
    parser.add_argument("--only", help="one variant's name")
    options = parser.parse_args()
    if options.generation and hf.__version__.split(".")[0] != options.generation:
        parser.error(f"transformers {hf.__version__} was found; ./imp test installs requirements-transformers4.txt")
    torch.set_num_threads(1)
    hf.utils.logging.set_verbosity_error()
    variants, check = GROUPS[options.group]
    scratch, wrong = Scratch(options.folder, options.bin), []
    for name in [options.only] if options.only else variants:
        try:
            print(f"{name}: {check(scratch, name):.1e}")
        except AssertionError as error:
            wrong.append(str(error))
            print(f"{name}: WRONG, {error}")
    if wrong:
        sys.exit(f"{len(wrong)} of {len(variants)} variants are wrong")


if __name__ == "__main__":
    main()
