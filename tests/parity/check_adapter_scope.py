#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Parts of an adapter beyond the language model's layers, on a checkpoint whose weights are written out here: first logits
against those that PEFT 0.17.1 (transformers 4.57.6) and PEFT 0.21.2 (transformers 5.17.0) both gave for the same files, and
pickled companions, each converted by the line that imp prints.

    check_adapter_scope.py --bin BUILD_FOLDER --scratch FOLDER
"""
import argparse
import json
import math
import shlex
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

EXPECTED = {
    "text_only": (-0.777, -0.329, 0.860, 1.019),
    "tower_too": (-1.176, -0.704, 0.647, 0.398),
    "connector_too": (-1.605, -0.171, 1.299, 1.110),
    "head_too": (3.028, -3.881, -2.184, -1.518),
    "embeddings_saved": (-2.953, -1.032, -2.556, 1.074),
    "embeddings_in_modules_to_save": (-2.953, -1.032, -2.556, 1.074),
}
HIDDEN, INNER, WIDTH = 32, 16, 16
TOKENS = ["<s>", "</s>", "<image>", *dict.fromkeys("USERAIT: \nabcdq")]
V = len(TOKENS)
P = "base_model.model.model."


def wave(shape, step, period, scale):
    numbers = [scale * (((i * step) % period) - period // 2) / period for i in range(math.prod(shape))]
    return torch.tensor(numbers).reshape(shape)


def tower():
    begin, numbers = "vision_tower.vision_model.", {}
    numbers["embeddings.patch_embedding.weight"] = torch.full((WIDTH, 3, 8, 8), 0.01)
    numbers["embeddings.class_embedding"] = torch.full((WIDTH,), 0.5)
    numbers["embeddings.position_embedding.weight"] = torch.tensor([0.01 * (i % 7) for i in range(17 * WIDTH)]).reshape(17, WIDTH)
    shapes = {"self_attn." + name: (WIDTH, WIDTH) for name in ("q_proj", "k_proj", "v_proj", "out_proj")}
    shapes |= {"mlp.fc1": (32, WIDTH), "mlp.fc2": (WIDTH, 32)}
    for layer in range(2):
        for name, shape in shapes.items():
            numbers[f"encoder.layers.{layer}.{name}.weight"] = torch.zeros(shape)
            numbers[f"encoder.layers.{layer}.{name}.bias"] = torch.zeros(shape[0])
    for norm in ["pre_layrnorm", "post_layernorm"] + [f"encoder.layers.{i}.layer_norm{j}" for i in range(2) for j in (1, 2)]:
        numbers[norm + ".weight"], numbers[norm + ".bias"] = torch.ones(WIDTH), torch.zeros(WIDTH)
    numbers = {begin + name: tensor for name, tensor in numbers.items()}
    for name, tensor in numbers.items():
        if tensor.dim() > 1 and "position_embedding" not in name:
            numbers[name] = wave(tensor.shape, 13 + len(name) % 7, 37, 0.5)
    return numbers


def projector():
    values = lambda shape, step, period: torch.tensor([4 * (0.05 * ((i * step) % period - period // 2)) for i in range(math.prod(shape))]).reshape(shape)
    return {"multi_modal_projector.linear_1.weight": values((HIDDEN, WIDTH), 7, 11), "multi_modal_projector.linear_1.bias": torch.full((HIDDEN,), 0.1),
            "multi_modal_projector.linear_2.weight": values((HIDDEN, HIDDEN), 5, 13), "multi_modal_projector.linear_2.bias": torch.full((HIDDEN,), 0.1)}


def language_model():
    begin = "language_model.model."
    block = begin + "layers.0."
    numbers = {"language_model.lm_head.weight": wave((V, HIDDEN), 29, 31, 1.0), begin + "embed_tokens.weight": wave((V, HIDDEN), 17, 23, 1.0)}
    for norm in (begin + "norm", block + "input_layernorm", block + "post_attention_layernorm"):
        numbers[norm + ".weight"] = torch.ones(HIDDEN)
    for name, step in (("q_proj", 5), ("k_proj", 7), ("v_proj", 11), ("o_proj", 13)):
        numbers[f"{block}self_attn.{name}.weight"] = wave((HIDDEN, HIDDEN), step, 19, 0.6)
    for name, step, shape in (("gate_proj", 3, (INNER, HIDDEN)), ("up_proj", 9, (INNER, HIDDEN)), ("down_proj", 7, (HIDDEN, INNER))):
        numbers[f"{block}mlp.{name}.weight"] = wave(shape, step, 17, 0.5)
    return numbers


def make_tokenizer(folder):
    special = lambda content: {"id": TOKENS.index(content), "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                               "normalized": False, "special": True}
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [special(token) for token in TOKENS[:3]], "normalizer": None,
        "pre_tokenizer": None, "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": {t: i for i, t in enumerate(TOKENS)}, "merges": []}}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>",
                                                              "bos_token": "<s>", "clean_up_tokenization_spaces": False}))


def make_checkpoint(folder):
    folder.mkdir(parents=True)
    save_file({**tower(), **projector(), **language_model()}, folder / "model.safetensors", metadata={"format": "pt"})
    text = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": V, "hidden_size": HIDDEN, "intermediate_size": INNER,
            "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "hidden_act": "silu", "rms_norm_eps": 1e-6,
            "max_position_embeddings": 128, "rope_theta": 10000.0, "tie_word_embeddings": False, "torch_dtype": "float32",
            "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": None}
    vision = {"model_type": "clip_vision_model", "hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 2,
              "num_attention_heads": 2, "image_size": 32, "patch_size": 8, "projection_dim": 16}
    (folder / "config.json").write_text(json.dumps({
        "model_type": "llava", "architectures": ["LlavaForConditionalGeneration"], "image_token_index": TOKENS.index("<image>"),
        "projector_hidden_act": "gelu", "text_config": text, "vision_config": vision, "tie_word_embeddings": False,
        "vision_feature_layer": -1, "vision_feature_select_strategy": "default"}))
    make_tokenizer(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "SiglipImageProcessor", "size": {"height": 32, "width": 32}, "resample": 3, "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3, "do_resize": True, "do_rescale": True, "do_normalize": True, "rescale_factor": 1 / 255}))


def make_picture(path, side=32):
    rows = b"".join(b"\0" + bytes((x * 7 + y * 3 * c + 40 * c) % 256 for x in range(side) for c in range(3)) for y in range(side))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pair(module, out, inside, seed, rank=2):
    return {module + ".lora_A.weight": wave((rank, inside), 3 + seed, 29, 1.5), module + ".lora_B.weight": wave((out, rank), 5 + seed, 31, 1.5)}


LAYERS = r".*language_model.*\.(q_proj|v_proj)"


def make_adapter(folder, tensors, targets=LAYERS, **more):
    folder.mkdir(parents=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": None, "r": 2, "lora_alpha": 4, "lora_dropout": 0.05,
        "bias": "none", "fan_in_fan_out": False, "inference_mode": True, "init_lora_weights": True, "target_modules": targets,
        "modules_to_save": None, **more}))
    return folder


def text_lora(begin=P + "language_model."):
    return pair(begin + "layers.0.self_attn.q_proj", HIDDEN, HIDDEN, 1) | pair(begin + "layers.0.self_attn.v_proj", HIDDEN, HIDDEN, 2)


def make_adapters(root):
    text = text_lora()
    lora_of_tower = {}
    for layer in range(2):
        for name, seed in (("q_proj", 4), ("v_proj", 6)):
            lora_of_tower |= pair(f"{P}vision_tower.vision_model.encoder.layers.{layer}.self_attn.{name}", WIDTH, WIDTH, seed + layer)
    connector = pair(P + "multi_modal_projector.linear_1", HIDDEN, WIDTH, 8) | pair(P + "multi_modal_projector.linear_2", HIDDEN, HIDDEN, 9)
    head = pair("base_model.model.lm_head", V, HIDDEN, 10)
    embeddings = {P + "language_model.embed_tokens.weight": wave((V, HIDDEN), 19, 23, 1.0),
                  "base_model.model.lm_head.weight": wave((V, HIDDEN), 27, 31, 1.0)}
    make_adapter(root / "text_only", text)
    make_adapter(root / "tower_too", text | lora_of_tower, ["q_proj", "v_proj"])
    make_adapter(root / "connector_too", text | connector, LAYERS + r"|.*multi_modal_projector.*linear_[12]")
    make_adapter(root / "head_too", text | head, LAYERS + "|.*lm_head")
    make_adapter(root / "embeddings_saved", text | embeddings)
    make_adapter(root / "embeddings_in_modules_to_save", text | embeddings, modules_to_save=["embed_tokens", "lm_head"])


class Programs:
    def __init__(self, binaries, root):
        self.binaries, self.root = binaries, root

    def imp(self, command, *arguments):
        return subprocess.run([self.binaries / "bin/imp-model", command, *arguments], capture_output=True, text=True)

    def ask(self, base, *more):
        return self.imp("logits", base, "--requests", self.root / "ask.jsonl", "--images", self.root, "-o", self.root / "logits.safetensors", *more)

    def logits(self, base, *more):
        done = self.ask(base, *more)
        assert done.returncode == 0, done.stderr
        return load_file(self.root / "logits.safetensors")["logits"][0]

    def refusal(self, *more, base=None):
        """The one line of a refusal, the same of every command."""
        base = base or self.root / "plain"
        lines = {done.stderr for done in (self.ask(base, *more), self.imp("inspect", base, *more)) if done.returncode == 2}
        assert len(lines) == 1 and list(lines)[0].count("\n") == 1, lines
        print("refused:", list(lines)[0].strip())
        return list(lines)[0]


def convert(message):
    """Does in a shell what the message advises."""
    command = message[message.index("python -c"):].strip().removeprefix("python")
    done = subprocess.run(shlex.quote(sys.executable) + command, shell=True, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)


def expect_equal(what, ours, theirs):
    error = float((ours - theirs).abs().max() / theirs.abs().max())
    assert error < 1e-6, (what, error)
    print(f"{what}: {error:.1e}")


def check_expected(programs):
    for name, values in EXPECTED.items():
        ours = programs.logits(programs.root / "plain", "--adapter", programs.root / name)[:4]
        assert all(abs(a - b) <= 6e-4 for a, b in zip(ours.tolist(), values)), (name, ours, values)
        print(name, *(f"{value:.3f}" for value in ours))


def other_projector():
    return {name: tensor * 0.5 + 0.01 for name, tensor in projector().items()}


def llava_names(tensors, begin):
    return {begin + name.replace("multi_modal_projector.linear_1", "mm_projector.0").replace("multi_modal_projector.linear_2", "mm_projector.2"):
            tensor for name, tensor in tensors.items()}


def check_llava_runs(programs):
    """A LoRA run's folder of LLaVA's own code: the projector, and embeddings, in non_lora_trainables.bin."""
    root, plain = programs.root, programs.root / "plain"
    save_file(other_projector(), root / "projector.safetensors")
    expected = programs.logits(plain, "--adapter", root / "text_only", "--projector", root / "projector.safetensors")
    without = programs.logits(plain, "--adapter", root / "text_only")
    assert (expected - without).abs().max() > 0.01
    embeddings = {"base_model.model.model.embed_tokens.weight": wave((V, HIDDEN), 19, 23, 1.0), "base_model.model.lm_head.weight": wave((V, HIDDEN), 27, 31, 1.0)}
    for name, more in (("run", {}), ("run of 'x' and $HOME", {}), ("run_of_halves", {}), ("run_with_embeddings", embeddings)):
        folder = make_adapter(root / name, text_lora(P))
        own = llava_names(other_projector(), P) | more
        if "halves" in name:
            own = {key: tensor.bfloat16() for key, tensor in own.items()}
        torch.save(own, folder / "non_lora_trainables.bin")
        message = programs.refusal("--adapter", folder)
        assert "non_lora_trainables.bin: pickled" in message
        convert(message)
        ours = programs.logits(plain, "--adapter", folder)
        if more:
            saved = programs.logits(plain, "--adapter", root / "embeddings_saved", "--projector", root / "projector.safetensors")
            expect_equal(name, ours, saved)
            assert "beside the projector, which would be left out" in programs.refusal("--projector", folder / "non_lora_trainables.safetensors")
        elif "halves" not in name:
            expect_equal(name, ours, expected)
            expect_equal(name + ", as --projector", programs.logits(plain, "--adapter", root / "text_only", "--projector", folder / "non_lora_trainables.safetensors"), expected)
        else:
            assert (ours - expected).abs().max() < 0.05


def check_pickles(programs):
    root, plain = programs.root, programs.root / "plain"
    expected = programs.logits(plain, "--adapter", root / "text_only")
    folder = make_adapter(root / "pickled", text_lora())
    torch.save(text_lora(), folder / "adapter_model.bin")
    (folder / "adapter_model.safetensors").unlink()
    convert(programs.refusal("--adapter", folder))
    expect_equal("adapter_model.bin", programs.logits(plain, "--adapter", folder), expected)
    (folder / "adapter_model.safetensors").unlink()
    (folder / "adapter_model.bin").unlink()
    assert "has no adapter_model.safetensors" in programs.refusal("--adapter", folder)

    theirs = programs.logits(plain, "--projector", root / "projector.safetensors")
    shared = llava_names(other_projector(), "model.")
    torch.save(shared, root / "mm_projector.bin")
    torch.save(shared, root / "projector.trained")  # a pickle by its content
    for name in ("mm_projector.bin", "projector.trained"):
        message = programs.refusal("--projector", root / name)
        assert f"{name}: pickled" in message
        convert(message)
        expect_equal(name, programs.logits(plain, "--projector", (root / name).with_suffix(".safetensors")), theirs)

    folder = root / "pickled checkpoint"
    shutil.copytree(plain, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    convert(programs.refusal(base=folder))
    expect_equal("pytorch_model.bin", programs.logits(folder), programs.logits(plain))


def check_layouts(programs):
    """An adapter of the language model alone, on a LLaVA, and the other way round."""
    root, plain = programs.root, programs.root / "plain"
    expected = programs.logits(plain, "--adapter", root / "text_only")
    for name, begin in (("of_llama", "base_model.model.model."), ("of_4", "base_model.model.language_model.model."), ("of_its_inside", "base_model.model."),
                        ("without_peft", "model.language_model.")):
        expect_equal(name, programs.logits(plain, "--adapter", make_adapter(root / name, text_lora(begin))), expected)
    alone = root / "language_model"
    alone.mkdir()
    save_file({name.removeprefix("language_model."): tensor for name, tensor in language_model().items()}, alone / "model.safetensors")
    (alone / "config.json").write_text(json.dumps(json.loads((plain / "config.json").read_text())["text_config"]))
    make_tokenizer(alone)
    (root / "ask.jsonl").write_text('{"question_id": 1, "question": "q"}\n')
    expect_equal("on the language model alone", programs.logits(alone, "--adapter", root / "text_only"), programs.logits(plain, "--adapter", root / "text_only"))
    for name in ("tower_too", "connector_too"):
        assert "a language model alone" in programs.refusal("--adapter", root / name, base=alone)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    options = parser.parse_args()
    root = options.scratch.resolve()
    shutil.rmtree(root, ignore_errors=True)
    make_checkpoint(root / "plain")
    make_adapters(root)
    make_picture(root / "a.png")
    (root / "ask.jsonl").write_text('{"question_id": 1, "image": "a.png", "question": "q"}\n')
    programs = Programs(options.bin, root)
    check_expected(programs)
    check_llava_runs(programs)
    check_pickles(programs)
    check_layouts(programs)


if __name__ == "__main__":
    main()
