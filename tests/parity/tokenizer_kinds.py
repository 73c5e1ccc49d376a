# SPDX-License-Identifier: Apache-2.0
"""Small tokenizers of the families in the study, trained here: Phi-2's, SmolLM2's, and LLaMA's tokenizer.model by both space
rules. Each entry of KINDS writes a directory as the Hub has it."""
import json

import sentencepiece
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

PHI_SPACES = [" " * n for n in range(31, 1, -1)] + ["\t" * n for n in range(9, 1, -1)]


def byte_level(texts, vocabulary, pre_tokenizer):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocabulary, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return tokenizer


def save(folder, tokenizer, config):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def phi(folder, texts, vocabulary=2000):
    """CodeGen's: GPT-2 words, runs of white space added as tokens that are not special; </s> and <image> as Imp adds them."""
    tokenizer = byte_level(texts, vocabulary, pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.add_special_tokens(["<|endoftext|>"])
    tokenizer.add_tokens([AddedToken(text, normalized=True) for text in PHI_SPACES])
    tokenizer.add_special_tokens(["</s>", "<image>"])
    save(folder, tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"})
    return ["<|endoftext|>", "</s>", "<image>", "  ", "    ", "\t\t", " " * 31]


def smollm2(folder, texts, vocabulary=2000):
    tokenizer = byte_level(texts, vocabulary, pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True)]))
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"])
    save(folder, tokenizer, {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "bos_token": "<|im_start|>"})
    return ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"]


def llama(legacy):
    """LLaMA's tokenizer.model: BPE with byte fallback, digits split, spaces kept."""

    def make(folder, texts, vocabulary=2000):
        folder.mkdir(parents=True, exist_ok=True)
        lines = [line for text in texts for line in text.splitlines()]
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=vocabulary,
            byte_fallback=True, split_digits=True, allow_whitespace_only_pieces=True, normalization_rule_name="identity",
            remove_extra_whitespaces=False, add_dummy_prefix=True, num_threads=1, minloglevel=2)
        (folder / "tokenizer.vocab").unlink()
        config = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
        (folder / "tokenizer_config.json").write_text(json.dumps(config if legacy is None else config | {"legacy": legacy}))
        (folder / "config.json").write_text('{"model_type": "llama"}')
        return ["<s>", "</s>", "<unk>"]

    return make


KINDS = {"phi": phi, "smollm2": smollm2, "llama_legacy": llama(True), "llama_plain": llama(False), "llama_unsaid": llama(None)}
