#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""imp's tables of configuration keys against the classes of the installed transformers: every key that a class has is in
imp's table with the same default, so that a new key of a new release is a failing test and not other logits; and configs
with keys left out are read as transformers reads them.

    check_config_keys.py --bin BUILD_FOLDER
"""
import argparse
import copy
import dataclasses
import inspect
import json
import random
import subprocess
from pathlib import Path

import transformers as hf

CLASSES = {"PhiConfig": hf.PhiConfig, "LlamaConfig": hf.LlamaConfig, "SiglipVisionConfig": hf.SiglipVisionConfig,
           "CLIPVisionConfig": hf.CLIPVisionConfig, "ViTConfig": hf.ViTConfig, "SiglipConfig": hf.SiglipConfig,
           "CLIPConfig": hf.CLIPConfig, "LlavaConfig": hf.LlavaConfig}
IS_4 = hf.__version__.startswith("4.")

# Defaults on which the generations differ, and why imp's is the other one.
DIFFERS = {
    ("LlavaConfig", "tie_word_embeddings"): "4.x has the base class's true, which it never reads: text_config's counts",
    ("*", "pruned_heads"): "null in 4.x's signature becomes {}",
    ("*", "id2label"): "null in the signature becomes two labels",
    ("*", "label2id"): "null in the signature becomes two labels",
    ("*", "transformers_version"): "the release's own number",
    ("*", "model_type"): "the class's own name",
}


def probe(binaries, *arguments, stdin=""):
    line = [str(binaries / "tests/config_probe"), *arguments]
    return subprocess.run(line, input=stdin, capture_output=True, text=True, check=True).stdout


def declared(config_class):
    """{key: default} as the class declares them: fields of a dataclass in 5.x, parameters of __init__ in 4.x."""
    if dataclasses.is_dataclass(config_class):
        return {field.name: field.default for field in dataclasses.fields(config_class)}
    found = {}
    for ancestor in reversed(config_class.__mro__[:-1]):
        for parameter in inspect.signature(ancestor.__init__).parameters.values():
            if parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD) and parameter.name != "self":
                found[parameter.name] = parameter.default
    return found


def keys_of(config_class):
    """All keys with their defaults; those that a class sets without declaring them have the value of a fresh object."""
    fresh = json.loads(config_class().to_json_string(use_diff=False))
    return {**fresh, **declared(config_class)}


def plain(value):
    return json.loads(json.dumps(value))


def compare_tables(tables):
    missing, different, seen = [], [], 0
    for name, config_class in CLASSES.items():
        for key, default in keys_of(config_class).items():
            seen += 1
            entry = tables[name].get(key, tables["common"].get(key))
            if entry is None:
                missing.append(f"{name}.{key}, default {default!r}")
            elif entry["default"] != plain(default) and not {(name, key), ("*", key)} & set(DIFFERS):
                different.append(f"{name}.{key}: imp has {entry['default']!r}, transformers {hf.__version__} {default!r}")
    assert not missing, "keys that imp's tables (models/config/*_config_keys.cpp) do not have:\n" + "\n".join(missing)
    assert not different, "\n".join(different)
    for table in tables.values():
        for key, entry in table.items():
            assert entry["meaning"] == "read" or entry["note"], f"{key}: no note says why imp does not act on it"
    print(f"transformers {hf.__version__}: {seen} keys of {len(CLASSES)} classes are in imp's tables with their defaults")


SIZES = {"phi": dict(vocab_size=96, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=6,
                     num_key_value_heads=3, hidden_act="gelu", max_position_embeddings=512, layer_norm_eps=1e-6,
                     qk_layernorm=True, rope_theta=5000.0, partial_rotary_factor=0.5, tie_word_embeddings=True,
                     bos_token_id=3, eos_token_id=4, pad_token_id=5),
         "llama": dict(vocab_size=96, hidden_size=64, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4,
                       num_key_value_heads=2, hidden_act="gelu", max_position_embeddings=512, rms_norm_eps=1e-5,
                       attention_bias=True, mlp_bias=True, rope_theta=5000.0, head_dim=8, tie_word_embeddings=True,
                       bos_token_id=3, eos_token_id=4, pad_token_id=5),
         "siglip_vision_model": dict(hidden_size=48, intermediate_size=80, num_hidden_layers=5, num_attention_heads=6,
                                     image_size=64, patch_size=8, hidden_act="gelu", layer_norm_eps=1e-3),
         "clip_vision_model": dict(hidden_size=48, intermediate_size=80, num_hidden_layers=5, num_attention_heads=6,
                                   image_size=64, patch_size=8, hidden_act="gelu", layer_norm_eps=1e-3),
         "vit": dict(hidden_size=48, intermediate_size=80, num_hidden_layers=5, num_attention_heads=6, image_size=64,
                     patch_size=8, hidden_act="relu", layer_norm_eps=1e-3, qkv_bias=False)}
LLAVA = dict(image_token_index=7, projector_hidden_act="relu", vision_feature_layer=[-2, 1], vision_feature_select_strategy="full",
             multimodal_projector_bias=False)


def some_of(rng, settings):
    kept = {key: value for key, value in settings.items() if rng.random() < 0.5}
    if "num_key_value_heads" in kept and kept.get("num_attention_heads", 32) % kept["num_key_value_heads"]:
        del kept["num_key_value_heads"]
    for size, parts in (("hidden_size", "num_attention_heads"),):  # a hidden size that the heads divide
        if size in kept and parts not in kept or parts in kept and size not in kept:
            kept.update({key: settings[key] for key in (size, parts) if key in settings})
    if "num_key_value_heads" in kept and kept.get("num_attention_heads", 32) % kept["num_key_value_heads"]:
        del kept["num_key_value_heads"]
    return kept


def partial_part(rng, kinds, default):
    """Some of the keys of one kind, None for a part that is left out, and now and then without its model_type."""
    if rng.random() < 0.15:
        return None
    kind = rng.choice(kinds)
    part = some_of(rng, SIZES[kind])
    if kind != default or rng.random() < 0.5:
        part["model_type"] = kind
    return part


def random_config(rng):
    kind = rng.choice([*SIZES, "llava", "llava", "llava"])
    if kind != "llava":
        return {"model_type": kind, **some_of(rng, SIZES[kind])}
    config = {"model_type": "llava", **some_of(rng, LLAVA)}
    for key, kinds, default in (("text_config", ["phi", "llama"], "llama"),
                                ("vision_config", ["siglip_vision_model", "clip_vision_model", "vit"], "clip_vision_model")):
        part = partial_part(rng, kinds, default)
        if part is not None or rng.random() < 0.5:
            config[key] = part
    return config


# What imp's to_json says in its own way: the names of one function, what a LLaVA derives, and what is not the class's.
SAME_FUNCTION = {"gelu_new": "gelu_pytorch_tanh", "swish": "silu"}
OURS_ALONE = {"architectures", "torch_dtype", "resid_pdrop", "projection_dim", "vision_use_head", "image_seq_length", "rope_scaling"}


def expect_same(ours, theirs, where):
    for key, value in ours.items():
        if key in OURS_ALONE or key in ("rope_theta", "partial_rotary_factor", "tie_word_embeddings") or where == "" and key == "pad_token_id":
            continue
        other = getattr(theirs, key)
        if isinstance(value, dict):
            expect_same(value, other, key)
        else:
            if key.endswith("hidden_act"):
                value, other = SAME_FUNCTION.get(value, value), SAME_FUNCTION.get(other, other)
            assert value == other, f"{where}.{key}: imp has {value!r}, transformers {other!r}"
    if "rope_theta" in ours:
        rope = theirs if IS_4 else argparse.Namespace(**theirs.rope_parameters)
        assert ours["rope_theta"] == rope.rope_theta and ours.get("partial_rotary_factor", 1.0) == getattr(rope, "partial_rotary_factor", 1.0)
    if ours["model_type"] in ("phi", "llama") and where == "":
        assert ours["tie_word_embeddings"] == theirs.tie_word_embeddings


def compare_partial_configs(binaries):
    rng = random.Random(20)
    configs = [random_config(rng) for _ in range(400)]
    answers = probe(binaries, "parse", stdin="".join(json.dumps(config) + "\n" for config in configs)).splitlines()
    assert len(answers) == len(configs)
    for config, line in zip(configs, answers):
        ours, theirs = json.loads(line), copy.deepcopy(config)
        assert "refused" not in ours, (config, ours)
        try:
            kind = theirs.pop("model_type")
            expect_same(ours, hf.models.auto.CONFIG_MAPPING[kind](**theirs), "")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(config)}") from None
    print(f"{len(configs)} configs with keys and parts left out are read as transformers reads them")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--generation", help="of transformers that PYTHONPATH is expected to bring")
    options = parser.parse_args()
    if options.generation and hf.__version__.split(".")[0] != options.generation:
        parser.error(f"transformers {hf.__version__} was found; ./imp test installs requirements-transformers4.txt")
    compare_tables(json.loads(probe(options.bin, "keys")))
    compare_partial_configs(options.bin)


if __name__ == "__main__":
    main()
