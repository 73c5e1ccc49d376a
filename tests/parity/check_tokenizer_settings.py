#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stands beside a tokenizer's vocabulary (tokenizer_config.json, special_tokens_map.json, added_tokens.json, the sections of
tokenizer.json) in imp beside AutoTokenizer of the installed transformers: ids, text with and without special tokens, what comes
before a text, and the special ids; the table of keys beside the classes; and what is refused.

    check_tokenizer_settings.py SCRATCH --probe build/release/tests/input_probe"""
import argparse
import inspect
import json
import pathlib
import shutil
import subprocess
import sys

import tokenizer_corpus
import tokenizer_kinds
import transformers

GENERATION = int(transformers.__version__.split(".")[0])
VOCABULARY = 600
TEXTS = ["", "Hello the world.", "a <extra> b", "a<extra>b ing doing", "the <newend> x", "<s>x</s> y", "x <image>\ny</s> z", "<pad>a <ex2> b",
         "</s><|endoftext|>x  \n<|im_end|> z", "naïve 東京 123", "the  two  spaces"]
CLASSES = ["LlamaTokenizer", "LlamaTokenizerFast", "CodeGenTokenizer", "CodeGenTokenizerFast", "GPT2Tokenizer", "GPT2TokenizerFast",
           "PreTrainedTokenizerFast"]
# Parameters of constructors that no file carries.
NOT_KEYS = {"self", "args", "kwargs", "tokenizer_object", "gguf_file"}


def token(content, special=True, **flags):
    return {"content": content, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": special} | flags


def make_bases(folder):
    """One directory of each kind, as the Hub has them."""
    texts = tokenizer_corpus.english()[:150] + tokenizer_corpus.CODE + tokenizer_corpus.FIXED
    tokenizer_kinds.phi(folder / "phi", texts, VOCABULARY)
    tokenizer_kinds.llama(False)(folder / "sentencepiece", texts, VOCABULARY)
    published = {"add_bos_token": True, "add_eos_token": False, "legacy": False, "tokenizer_class": "LlamaTokenizer", "model_max_length": 4096,
                 "clean_up_tokenization_spaces": False, "sp_model_kwargs": {}, "padding_side": "right", "use_default_system_prompt": False}
    named = {f"{role}_token": {"__type": "AddedToken"} | token(text) for role, text in [("bos", "<s>"), ("eos", "</s>"), ("unk", "<unk>")]}
    (folder / "sentencepiece/tokenizer_config.json").write_text(json.dumps(published | named))
    # The same as a tokenizer.json.
    transformers.LlamaTokenizerFast.from_pretrained(folder / "sentencepiece").save_pretrained(folder / "llama")
    llama = folder / "llama"
    (llama / "tokenizer_config.json").write_text(json.dumps(published | named))
    (llama / "config.json").write_text('{"model_type": "llama"}')
    for name in ["tokenizer.model", "special_tokens_map.json", "added_tokens.json"]:
        (llama / name).unlink(missing_ok=True)


def single(*items):
    """A template with an ordinary token before or behind the text."""
    part = lambda item: {"Sequence": {"id": "A", "type_id": 0}} if item == "A" else {"SpecialToken": {"id": item, "type_id": 0}}
    return {"type": "TemplateProcessing", "single": [part(item) for item in items],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"e": {"id": "e", "ids": [50], "tokens": ["e"]}}}


def next_id(base):
    """The first id that tokenizer.json or tokenizer.model leave free."""
    file = base / "tokenizer.json"
    if not file.exists():
        return VOCABULARY
    content = json.loads(file.read_text())
    return 1 + max([*content["model"]["vocab"].values(), *(added["id"] for added in content["added_tokens"])])


def variants(bases):
    """Base, name, and changes: of tokenizer_config.json, keys left out of it, other files, an edit of tokenizer.json."""
    for base in ["sentencepiece", "llama", "phi"]:
        free = next_id(bases / base)
        known = [token("<unk>"), token("<s>"), token("</s>")] if base != "phi" else None
        listed = {str(i): t for i, t in enumerate(known)} if known else {
            str(t["id"]): {key: value for key, value in t.items() if key != "id"}
            for t in json.loads((bases / "phi/tokenizer.json").read_text())["added_tokens"]}
        more = lambda *tokens: {"added_tokens_decoder": listed | {str(free + i): t for i, t in enumerate(tokens)}}
        yield base, "as it is", {}
        yield base, "listed tokens", more()
        yield base, "a special token", more(token("<extra>"))
        yield base, "a token that is not special", more(token("<extra>", special=False, normalized=True), token("<ex2>"))
        yield base, "one that is raw", more(token("<extra>", special=False), token("<ex2>", special=False))
        yield base, "flags", more(token("<extra>", special=False, lstrip=True), token("<ex2>", rstrip=True), token("doing", special=False, single_word=True))
        yield base, "LLaVA's", more(*[token("<image>")] * (base != "phi"), token("<pad>")) | {"pad_token": "<pad>", "image_token": "<image>", "processor_class": "LlavaProcessor"}
        yield base, "a new end", {"eos_token": "<newend>"}
        yield base, "a new end and pad", {"eos_token": "<newend>", "pad_token": "<pad>"}
        yield base, "further tokens", {"additional_special_tokens": ["<extra>", "<ex2>"]}
        yield base, "an ordinary word", {"additional_special_tokens": ["the"]}
        yield base, "further tokens by role", {"extra_special_tokens": {"image_token": "<image>"}}
        yield base, "added_tokens.json", {}, (), {"added_tokens.json": {"<extra>": free}}
        yield base, "added_tokens.json with a pad", {"pad_token": "<pad>"}, (), {"added_tokens.json": {"<extra>": free, "<pad>": free + 1}}
        yield base, "added_tokens.json hidden", more(), (), {"added_tokens.json": {"<extra>": free}}
        yield base, "special_tokens_map.json wins", {}, (), {"special_tokens_map.json": {"eos_token": "<newend>"}}
        yield base, "special_tokens_map.json hidden", more(), (), {"special_tokens_map.json": {"eos_token": "<newend>"}}
        yield base, "a map of objects", {}, (), {"special_tokens_map.json": {"pad_token": token("<pad>")}}
        if base != "sentencepiece":  # transformers 5 does not take them there
            yield base, "a map of further tokens", {}, (), {"special_tokens_map.json": {"additional_special_tokens": ["<ex2>", "<extra>"]}}
        yield base, "special tokens are text", {"split_special_tokens": True}
        yield base, "special tokens are tokens", {"split_special_tokens": False}
        yield base, "the class's own tokens", {}, ("bos_token", "eos_token", "unk_token")
        yield base, "what has no effect", {"model_max_length": 3, "padding_side": "left", "truncation_side": "left", "chat_template": "{{ x }}",
                                           "use_default_system_prompt": False, "name_or_path": "x", "a_comment": [1]}
        if base != "sentencepiece":
            yield base, "no cut", {}, (), {}, {"truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}}
        if base == "phi":
            yield base, "a token before", {}, (), {}, {"post_processor": single("e", "A")}
            yield base, "a sequence", {}, (), {}, {"post_processor": {"type": "Sequence", "processors": [
                {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, single("e", "A")]}}
            for kind in ["CodeGenTokenizer", "CodeGenTokenizerFast", "GPT2TokenizerFast"]:
                yield base, f"{kind}", {"tokenizer_class": kind}
                yield base, f"{kind}: a space before", {"tokenizer_class": kind, "add_prefix_space": True}
                yield base, f"{kind}: none", {"tokenizer_class": kind, "add_prefix_space": False}
                yield base, f"{kind}: its own tokens", {"tokenizer_class": kind}, ("eos_token", "unk_token")
            yield base, "Phi by its config.json", {}, ("tokenizer_class", "eos_token"), {"config.json": {"model_type": "phi"}}
        else:
            for kind in ["LlamaTokenizer", "LlamaTokenizerFast"]:
                yield base, f"{kind}: a beginning", {"tokenizer_class": kind, "add_bos_token": True}
            if base == "sentencepiece":
                for value in [False, None]:
                    yield base, f"no beginning {value}", {"add_bos_token": value}
                yield base, "another beginning", {"bos_token": "</s>"}
                yield base, "no space before", {"add_prefix_space": False, "add_bos_token": True}


def refused(bases):
    """Base, name, changes, and what the line must say."""
    for base in ["sentencepiece", "llama"]:
        yield base, "an end behind all", ({"add_eos_token": True},), "add_eos_token"
    for base in ["sentencepiece", "llama", "phi"]:
        yield base, "an id out of place", ({"added_tokens_decoder": {"900": token("<extra>")}},), "'<extra>' has the id 900"
        yield base, "an id that is none", ({"added_tokens_decoder": {"x": token("<extra>")}},), "added_tokens_decoder"
        yield base, "a token that is none", ({"added_tokens_decoder": {"1": 3}},), "added_tokens_decoder"
        yield base, "an end that is none", ({"eos_token": 2},), "eos_token"
        yield base, "tokens that are none", ({"additional_special_tokens": "x"},), "additional_special_tokens"
        yield base, "a switch of words", ({"split_special_tokens": "no"},), "split_special_tokens"
        yield base, "another decoding", ({"errors": "strict"},), "errors"
    yield "phi", "a token behind", ({}, (), {}, {"post_processor": single("A", "e")}), "post_processor"
    yield "phi", "both", ({}, (), {}, {"post_processor": single("e", "A", "e")}), "post_processor"


def write(bases, folder, base, config=(), left_out=(), files=(), edit=()):
    shutil.copytree(bases / base, folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text()) | dict(config)
    for key in left_out:
        settings.pop(key, None)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    for name, content in dict(files).items():
        (folder / name).write_text(json.dumps(content))
    if edit:
        file = folder / "tokenizer.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | edit))


def theirs(folder):
    peer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = [peer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    decode = lambda skip: [peer.decode(row, skip_special_tokens=skip, clean_up_tokenization_spaces=False) for row in ids]
    return {"ids": ids, "decoded": decode(False), "plain": decode(True), "prefix": peer("")["input_ids"], "bos": peer.bos_token_id,
            "eos": peer.eos_token_id, "pad": peer.pad_token_id}


def run(probe, folder, directories):
    for name, lines in [("directories.jsonl", map(str, directories)), ("lines.jsonl", TEXTS)]:
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    subprocess.run([probe, "tokenizers", folder / "directories.jsonl", folder / "lines.jsonl", folder / "imp.jsonl"], check=True)
    return [json.loads(line) for line in (folder / "imp.jsonl").read_text().splitlines()]


def check_table(probe, bases):
    """Every parameter of a class and every key that save_pretrained writes is in the table."""
    table = json.loads(subprocess.run([probe, "keys"], check=True, capture_output=True).stdout)["tokenizer_config.json"]
    keys = {}
    for name in CLASSES:
        kind = getattr(transformers, name)
        for parent in kind.__mro__:
            if "__init__" in vars(parent) and parent.__module__.startswith("transformers"):
                keys |= {key: f"a parameter of {parent.__name__}" for key in inspect.signature(parent.__init__).parameters}
    for base in bases.iterdir():
        saved = bases.parent / "saved" / base.name
        transformers.AutoTokenizer.from_pretrained(base).save_pretrained(saved)
        keys |= {key: f"saved of {base.name}" for key in json.loads((saved / "tokenizer_config.json").read_text())}
    absent = {key: where for key, where in keys.items() if key not in table and key not in NOT_KEYS}
    print(f"{len(keys)} keys; in no table of imp: {absent}")
    return len(absent)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--probe", required=True)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    folder = options.scratch.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    bases = folder / "bases"
    make_bases(bases)
    wrong = check_table(options.probe, bases)
    kinds = list(variants(bases))
    directories = [folder / f"read{number}" for number in range(len(kinds))]
    for directory, (base, _, *changes) in zip(directories, kinds):
        write(bases, directory, base, *changes)
    for directory, (base, name, *_), ours in zip(directories, kinds, run(options.probe, folder, directories), strict=True):
        expected = theirs(directory)
        for key, value in expected.items():
            if ours.get(key) == value:
                continue
            wrong += 1
            pairs = zip(TEXTS, value, ours.get(key, value)) if key in ("ids", "decoded", "plain") else [("", value, ours.get(key))]
            text, right, found = next((pair for pair in pairs if pair[1] != pair[2]), ("", value, ours))
            print(f"{base}, {name}: {key} of {text!r}: expected {right!r}, found {found!r}")
    lines = list(refused(bases))
    directories = [folder / f"refused{number}" for number in range(len(lines))]
    for directory, (base, _, changes, _) in zip(directories, lines):
        write(bases, directory, base, *changes)
    for (base, name, _, words), ours in zip(lines, run(options.probe, folder, directories), strict=True):
        line = ours.get("error", "accepted")
        print(line.replace(str(folder) + "/", ""))
        if words not in line or "\n" in line or "json.exception" in line:
            wrong += 1
            print(f"{base}, {name}: expected a line with {words}")
    print(f"transformers {transformers.__version__}: {len(kinds)} kinds of settings, {len(lines)} refusals; wrong: {wrong}")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
