# SPDX-License-Identifier: Apache-2.0
"""Tiny Hugging Face checkpoints with random weights, made with transformers at test time: LLaVA assemblies of each family
that imp has, and their language models and vision towers alone."""
import json
import random

import torch
import transformers as hf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from tiny_data import WORDS

VOCABULARY = 512
hf.utils.logging.disable_progress_bar()

# image / patch of the first case is not whole: the remainder of a picture is dropped.
CASES = {
    "phi_siglip": dict(language="phi", vision="siglip", image=36, patch=8, kv_heads=4, tied=False),
    "llama_clip": dict(language="llama", vision="clip", image=32, patch=8, kv_heads=2, tied=False),
    "llama_vit": dict(language="llama", vision="vit", image=48, patch=12, kv_heads=1, tied=False),
    "tied_llama_siglip": dict(language="llama", vision="siglip", image=32, patch=8, kv_heads=4, tied=True),
    # Settings that few checkpoints have, together; check_config_variants.py has each alone.
    "llama_clip_settings": dict(
        language="llama", vision="clip", image=32, patch=8, kv_heads=2, tied=False,
        rope=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64),
        text=dict(attention_bias=True, mlp_bias=True, hidden_act="gelu"),
        llava=dict(vision_feature_layer=[-2, 1], projector_hidden_act="relu", multimodal_projector_bias=False)),
}

FRAMES = ["USER: What is written on the {}? ASSISTANT: {} {}", "Read the {} line of the {}.", "The {} says {} and {}!",
          "Which {} is shown: {} or {}?", "{} {} {} at the {}", "Answer with one word or phrase: {}."]


def sentence(rng):
    frame = rng.choice(FRAMES)
    return frame.format(*(rng.choice(WORDS) if rng.random() < 0.8 else str(rng.randint(0, 2999)) for _ in range(frame.count("{}"))))


IS_4 = hf.__version__.startswith("4.")  # the last releases of transformers 4 serve as a reference too


def make_tokenizer(begins_with_bos):
    """Byte-level BPE; like Phi's without anything put first, or with a BOS as LLaMA's."""
    rng = random.Random(5)
    specials = ["<s>", "<|endoftext|>", "<pad>", "<image>"]
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.train_from_iterator([sentence(rng) for _ in range(2000)], trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(specials), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    core.add_special_tokens(specials)
    if begins_with_bos:
        core.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B",
                                                            special_tokens=[("<s>", core.token_to_id("<s>"))])
    return hf.PreTrainedTokenizerFast(tokenizer_object=core, bos_token="<s>" if begins_with_bos else "<|endoftext|>",
                                      eos_token="<|endoftext|>", pad_token="<pad>", model_max_length=512,
                                      **{"additional_special_tokens" if IS_4 else "extra_special_tokens": ["<image>"]})


def pillow_class(kind):
    """The image processor that works on Pillow's pictures; transformers 4's plain one does."""
    return getattr(hf, kind if IS_4 else kind + "Pil")


def image_processor(case):
    side = {"height": case["image"], "width": case["image"]}
    if case["vision"] == "clip":
        return pillow_class("CLIPImageProcessor")(size={"shortest_edge": case["image"]}, crop_size=side)
    return pillow_class("SiglipImageProcessor" if case["vision"] == "siglip" else "ViTImageProcessor")(size=side)


def load_image_processor(folder):
    """The Pillow class that the directory names; AutoImageProcessor would ask for torchvision."""
    kind = json.loads((folder / "preprocessor_config.json").read_text())["image_processor_type"]
    return pillow_class(kind.removesuffix("Fast").removesuffix("Pil")).from_pretrained(folder)


def rotary(scaling=None, **settings):
    """transformers 4 has the settings of the rotary embedding beside the others and ignores 5's nested ones."""
    if IS_4:
        return {**settings, "rope_scaling": scaling}
    return {"rope_parameters": {"rope_type": "default", **settings, **(scaling or {})}}


def text_config(case, tokenizer):
    sizes = dict(vocab_size=VOCABULARY, hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
                 num_key_value_heads=case["kv_heads"], max_position_embeddings=512, tie_word_embeddings=case["tied"],
                 bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    if case["language"] == "phi":
        # PEFT would train with residual dropout.
        return hf.PhiConfig(**rotary(rope_theta=10000.0, partial_rotary_factor=0.5), resid_pdrop=0.0, **sizes)
    return hf.LlamaConfig(**rotary(case.get("rope"), rope_theta=5000.0), rms_norm_eps=1e-5, **sizes, **case.get("text", {}))


def vision_config(case):
    sizes = dict(hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4, image_size=case["image"],
                 patch_size=case["patch"])
    if case["vision"] == "siglip":
        return hf.SiglipVisionConfig(vision_use_head=case["tied"], **sizes)  # with and without its pooling head
    return hf.CLIPVisionConfig(projection_dim=48, **sizes) if case["vision"] == "clip" else hf.ViTConfig(**sizes)


def randomize(model, seed, eos=None):
    """Weights of such a size that each of them matters to the output, with greedy choices that are not near-ties."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if name.endswith("bias"):
                weight.normal_(0, 0.05, generator=generator)
            elif weight.dim() == 1 and "norm" in name.lower():
                weight.normal_(1, 0.1, generator=generator)
            else:
                head = name.endswith(("lm_head.weight", "embed_tokens.weight"))
                weight.normal_(0, (2.0 if head else 1.0) * weight[0].numel() ** -0.5, generator=generator)
            if eos is not None and name.endswith("lm_head.weight"):
                weight[eos] *= 2.5  # so that some answers end before their limit
    return model.eval()


def make_llava(case, folder):
    """Writes the checkpoint. Returns (model, tokenizer, image processor)."""
    tokenizer = make_tokenizer(case["language"] == "llama")
    keeps_all = case["vision"] == "siglip"
    config = hf.LlavaConfig(text_config=text_config(case, tokenizer), vision_config=vision_config(case),
                            image_token_index=tokenizer.convert_tokens_to_ids("<image>"), pad_token_id=tokenizer.pad_token_id,
                            image_seq_length=(case["image"] // case["patch"]) ** 2,
                            vision_feature_select_strategy="full" if keeps_all else "default",
                            tie_word_embeddings=case["tied"], **{"vision_feature_layer": -2, **case.get("llava", {})})
    model = randomize(hf.LlavaForConditionalGeneration(config), seed=11, eos=tokenizer.eos_token_id)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor = image_processor(case)
    processor.save_pretrained(folder)
    return model, tokenizer, processor


def make_language_model(case, folder):
    """The language model alone; Phi's has the bias of its head, which LLaVA's of transformers >= 4.52 has not."""
    tokenizer = make_tokenizer(case["language"] == "llama")
    config = text_config(case, tokenizer)
    kind = hf.PhiForCausalLM if case["language"] == "phi" else hf.LlamaForCausalLM
    model = randomize(kind(config), seed=12)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return model, tokenizer


def make_tower(case, folder):
    kind = {"siglip": hf.SiglipVisionModel, "clip": hf.CLIPVisionModel, "vit": hf.ViTModel}[case["vision"]]
    options = {"add_pooling_layer": False} if case["vision"] == "vit" else {}
    model = randomize(kind(vision_config(case), **options), seed=13)
    model.save_pretrained(folder)
    image_processor(case).save_pretrained(folder)
    return model
