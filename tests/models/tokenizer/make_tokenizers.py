#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/tokenizers: small tokenizers of the kinds imp reads, and the ids that `tokenizers` and, for
tokenizer.model, transformers give for a corpus of awkward lines. Run with the project's Python: make_tokenizers.py [OUT] [LINES]."""
import json
import random
import sys
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import LlamaTokenizer

ROOT = Path(__file__).resolve().parents[3]
OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/data/tokenizers"
LINES = int(sys.argv[2]) if len(sys.argv) > 2 else 250
LICENSE = (ROOT / "LICENSE").read_text()
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")

FIXED = ["", " ", "  ", "\n", "\t\t x", "Hello world", " leading", "trailing ", "two  spaces   three", "don't WE'LL it's I'd",
         "x = {'a': [1, 2.50], \"b\": None}\n    return x\n", "1234567890 ½ ² ٣٤ Ⅷ", "naïve Zürich cafe\u0301", "東京タワー한국어",
         "😀👩‍👩‍👧🏽 🇩🇪", "a\u00a0b\u2003c\u3000d\u180ee\u0085f\u200bg", "\u0000\u0001\u001b\u007f", "\r\n\r\n a\r", "▁a ▁ ▁▁b",
         "Ġhello ĊĊ", "<s>x</s><unk>", "<0x0A><0xFF>", "#$%^&*()_+-=[]{}|;:'\",.<>/?`~", "ÀÉÎõü ßẞ ﬁ ﬀ Å Å", "e\u0301\u0302\u0303" * 3,
         "\ufeffbom", "\U0010ffff\ufffd", "مرحبا بالعالم", "हिन्दी ภาษาไทย", "a" * 120, "ab " * 60, " " * 70 + "x",
         "USER: \n", "\nWhat does the sign say? ASSISTANT: OPEN"]


def corpus(specials, lines, seed=7):
    """Fixed lines, then random mixtures of words, scripts, white space, code and added tokens."""
    rng = random.Random(seed)
    words = sorted(set(LICENSE.split()))
    ranges = [(0x20, 0x7e), (0xa0, 0x24f), (0x300, 0x36f), (0x370, 0x5ff), (0x600, 0x6ff), (0x900, 0x97f), (0x2000, 0x206f),
              (0x2190, 0x23ff), (0x3040, 0x30ff), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0x1f300, 0x1f64f), (0, 0x1f)]

    def atom():
        kind = rng.random()
        if kind < 0.45:
            return rng.choice(words)
        if kind < 0.6:
            return rng.choice([" ", "  ", "\n", "\t", "    ", "\n\n", "\u00a0", "\u3000", " \n "])
        if kind < 0.7:
            return str(rng.randrange(10 ** rng.randint(1, 7)))
        if kind < 0.85 or not specials:
            low, high = rng.choice(ranges)
            return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 5)))
        return rng.choice(specials)

    texts = FIXED + specials + [f"a {s} b" for s in specials] + [f"a{s}b" for s in specials]
    for _ in range(lines):
        glue = rng.choice(["", " ", " "])
        texts.append(glue.join(atom() for _ in range(rng.randint(1, 14))))
    return texts


def save(name, tokenizer, specials, config=None):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "tokenizer_config.json").write_text(json.dumps(config or {"eos_token": "<|endoftext|>"}))
    with open(folder / "expected.jsonl", "w") as out:
        for text in corpus(specials, LINES):
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            out.write(json.dumps({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                                  "plain": tokenizer.decode(ids, skip_special_tokens=True)}) + "\n")


def train(tokenizer, vocab, alphabet, specials=()):
    tokenizer.train_from_iterator([LICENSE] + FIXED, trainers.BpeTrainer(
        vocab_size=vocab, initial_alphabet=alphabet, special_tokens=list(specials), show_progress=False))
    return tokenizer


def byte_level(pre_tokenizer, vocab=700, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    return train(tokenizer, vocab, pre_tokenizers.ByteLevel.alphabet())


def phi():
    """Phi-2's kind: added runs of white space are not special and looked for in normalized text."""
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.add_special_tokens(["<|endoftext|>"])
    spaces = [" " * n for n in range(31, 1, -1)] + ["\t" * n for n in range(9, 1, -1)]
    tokenizer.add_tokens([AddedToken(text, normalized=True) for text in spaces])
    tokenizer.add_special_tokens(["</s>", "<image>"])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    save("phi", tokenizer, ["<|endoftext|>", "</s>", "<image>", "    ", "\t\t\t"])


def smollm2():
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    save("smollm2", tokenizer, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def split_regex():
    """LLaMA-3's kind, with a normalization form as Qwen's."""
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), ignore_merges=True)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(["<|endoftext|>", "<|begin|>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A", special_tokens=[("<|begin|>", tokenizer.token_to_id("<|begin|>"))])
    save("split_regex", tokenizer, ["<|endoftext|>"])


def splits():
    """The behaviours of Split and contiguous digits, with a space put before."""
    tokenizer = byte_level(pre_tokenizers.Sequence([
        pre_tokenizers.Split("e", "merged_with_next"), pre_tokenizers.Split(Regex(r"[.,]\s*"), "merged_with_previous"),
        pre_tokenizers.Split("-", "removed"), pre_tokenizers.Split(Regex(r"[#$]"), "contiguous"),
        pre_tokenizers.Split(Regex(r"\p{L}+"), "isolated", invert=True), pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.ByteLevel(add_prefix_space=True)]))
    tokenizer.add_special_tokens(["<|endoftext|>"])
    save("splits", tokenizer, ["<|endoftext|>", "e.e,-e", "##a$$", "...ee--"])


def flags():
    """Every flag of an added token."""
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", normalized=False), AddedToken("<l>", lstrip=True),
                                  AddedToken("<r>", rstrip=True), AddedToken("<both>", lstrip=True, rstrip=True)])
    tokenizer.add_tokens([AddedToken("word", single_word=True), AddedToken("<n>", normalized=True),
                          AddedToken("<n><n>", normalized=True), AddedToken("<raw>", normalized=False)])
    save("flags", tokenizer, ["<|endoftext|>", "<l>", "<r>", "<both>", "word", "<n>", "<n><n>", "<raw>", "<l><r>", "words",
                              "word_", "wordé", "<n><n><n>"])


def llama(name, legacy):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(split=True)  # so that training sees words
    train(tokenizer, 800, [], ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)])
    model = json.loads(tokenizer.to_str())
    model["added_tokens"] = model["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(model))
    if legacy:
        tokenizer.pre_tokenizer = None
    else:
        tokenizer.normalizer = None
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    save(name, tokenizer, ["<s>", "</s>", "<unk>"], {"bos_token": "<s>", "eos_token": {"content": "</s>"}})


def metaspace():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=True)
    tokenizer.train_from_iterator([LICENSE], trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<unk>", "<|endoftext|>"], show_progress=False))
    save("metaspace", tokenizer, ["<|endoftext|>"])


def sentencepiece_model():
    """LLaMA's tokenizer.model: BPE, byte fallback, digits split, dummy prefix, spaces kept."""
    folder = OUT / "sentencepiece"
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LICENSE.splitlines()), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=700,
        byte_fallback=True, split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        add_dummy_prefix=True, num_threads=1, minloglevel=2)
    (folder / "tokenizer.vocab").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    tokenizer = LlamaTokenizer.from_pretrained(folder)
    with open(folder / "expected.jsonl", "w") as out:
        for text in corpus(["<s>", "</s>", "<unk>"], LINES):
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            out.write(json.dumps({"text": text, "ids": ids, "decoded": tokenizer.decode(ids),
                                  "plain": tokenizer.decode(ids, skip_special_tokens=True)}) + "\n")


phi()
smollm2()
split_regex()
splits()
flags()
llama("llama_legacy", True)
llama("llama_metaspace", False)
metaspace()
sentencepiece_model()
