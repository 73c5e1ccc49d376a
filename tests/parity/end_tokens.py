# SPDX-License-Identifier: Apache-2.0
"""Tiny checkpoints whose answers are known beforehand: after each token one other follows, whatever the picture. Asked
anything they say a b <eot> c </s> d <end> d <end> ..."""
import json

import numpy
import torch
import transformers as hf

SPECIALS = ["<s>", "</s>", "<eot>", "<end>", "<image>"]
LETTERS = list(dict.fromkeys("USERAIT: abcdqnw\n"))
VOCABULARY = {token: index for index, token in enumerate(SPECIALS + LETTERS)}
EOS, EOT, END = (VOCABULARY[token] for token in ["</s>", "<eot>", "<end>"])
FOLLOWS = {":": "a", "a": "b", "b": "<eot>", "<eot>": "c", "c": "</s>", "</s>": "d", "d": "<end>", "<end>": "d"}
HIDDEN = 32
SAID = [VOCABULARY[token] for token in ["a", "b", "<eot>", "c", "</s>", "d", "<end>", "d"]]


def said_until(*ends):
    """What is said before the first of `ends`."""
    return next((SAID[:place] for place, token in enumerate(SAID) if token in ends), SAID)


def text_config(**more):
    return hf.LlamaConfig(vocab_size=len(VOCABULARY), hidden_size=HIDDEN, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
                          num_key_value_heads=1, max_position_embeddings=256, bos_token_id=0, eos_token_id=EOS, pad_token_id=None, **more)


def fill(model):
    """Attention and MLP add nothing; the head's row of each token's follower is that token's embedding."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" not in name and "vision_tower" not in name and "projector" not in name:
                weight.zero_()
        embedding, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
        for token, index in VOCABULARY.items():
            embedding[index, index] = 1
            head[VOCABULARY[FOLLOWS.get(token, token)], index] = 1
    return model.eval()


def save_tokenizer(folder, eos="</s>"):
    added = [{"id": VOCABULARY[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True} for token in SPECIALS]
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None, "pre_tokenizer": None,
        "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": VOCABULARY, "merges": []}}))
    named = {"bos_token": "<s>", "eos_token": eos} if eos else {"bos_token": "<s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"} | named))


def language_model(folder):
    fill(hf.LlamaForCausalLM(text_config())).save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    save_tokenizer(folder)


def llava(folder):
    vision = hf.CLIPVisionConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=16, patch_size=8)
    config = hf.LlavaConfig(text_config=text_config(), vision_config=vision, image_token_index=VOCABULARY["<image>"], image_seq_length=4)
    fill(hf.LlavaForConditionalGeneration(config)).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_tokenizer(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": "CLIPImageProcessor", "size": 16, "crop_size": 16}))


def answer_of_transformers(folder, beams=1):
    """Ids of generate() of the directory as it stands, without what ended it."""
    kind = hf.LlavaForConditionalGeneration if (folder / "preprocessor_config.json").exists() else hf.LlamaForCausalLM
    model = kind.from_pretrained(folder)
    prompt = torch.tensor([[VOCABULARY[":"]]])
    made = model.generate(input_ids=prompt, attention_mask=torch.ones_like(prompt), do_sample=False, num_beams=beams,
                          max_new_tokens=len(SAID), pad_token_id=0)[0, 1:]
    ends = model.generation_config.eos_token_id
    ends = [] if ends is None else numpy.atleast_1d(numpy.asarray(ends)).tolist()
    return [int(token) for token in (made[:-1] if int(made[-1]) in ends else made)]
