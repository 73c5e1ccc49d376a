# SPDX-License-Identifier: Apache-2.0
"""A small random LLaMA as a GGUF file, written with the `gguf` package: each tensor in another of the kinds that imp reads,
query and key rows interleaved as llama.cpp wants them, SmolLM2's pre-tokenizer."""
import gguf
import numpy
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HIDDEN, HEADS, KEY_VALUE_HEADS, MLP, LAYERS, VOCABULARY = 256, 4, 2, 512, 3, 512
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
KINDS = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]


def pre_tokenizer():
    """What SmolLM2's tokenizer.json says, which llama.cpp calls `smollm`."""
    return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])


def train_tokenizer(lines):
    core = Tokenizer(models.BPE())
    core.pre_tokenizer, core.decoder = pre_tokenizer(), decoders.ByteLevel()
    core.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIALS, show_progress=False,
                                                        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return core


def random_blocks(rng, shape, kind):
    """K kinds, which the package cannot make: random bits with scales of a useful size. Their places: ggml-common.h."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, size=(*shape[:-1], shape[-1] // elements, size), dtype=numpy.uint8)
    places = [208] if kind == gguf.GGMLQuantizationType.Q6_K else [0, 2]
    for place in places:
        scale = rng.uniform(2e-5, 6e-5, size=(*blocks.shape[:-1], 1)).astype(numpy.float16)
        blocks[..., place:place + 2] = scale.view(numpy.uint8)
    return blocks.reshape(*shape[:-1], -1)


def interleaved(weight, heads):
    """llama.cpp's convert_hf_to_gguf.py, LlamaModel.permute."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def add_tensor(writer, rng, name, shape, kind_name, heads=0):
    kind = gguf.GGMLQuantizationType[kind_name]
    if kind_name.endswith("_K"):
        data = random_blocks(rng, shape, kind)
    else:
        spread = 0.2 if len(shape) == 1 else (1.0 if "embd" in name else shape[-1] ** -0.5)
        weight = rng.normal(1.0 if len(shape) == 1 else 0.0, spread, size=shape).astype(numpy.float32)
        data = gguf.quants.quantize(interleaved(weight, heads) if heads else weight, kind)
    writer.add_tensor(name, data, raw_dtype=kind)


def write(path, lines, seed=3):
    """Writes the file; `lines` train its vocabulary."""
    rng = numpy.random.default_rng(seed)
    core = train_tokenizer(lines)
    state = core.to_str()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(256)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(5000.0)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_vocab_size(VOCABULARY)
    add_vocabulary(writer, core, state)
    kinds = (KINDS[i % len(KINDS)] for i in range(1000))
    add_tensor(writer, rng, "token_embd.weight", (VOCABULARY, HIDDEN), "Q8_0")
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        add_tensor(writer, rng, block + "attn_norm.weight", (HIDDEN,), "F32")
        add_tensor(writer, rng, block + "ffn_norm.weight", (HIDDEN,), "F32")
        add_tensor(writer, rng, block + "attn_q.weight", (HIDDEN, HIDDEN), next(kinds), HEADS)
        add_tensor(writer, rng, block + "attn_k.weight", (HIDDEN // 2, HIDDEN), next(kinds), KEY_VALUE_HEADS)
        add_tensor(writer, rng, block + "attn_v.weight", (HIDDEN // 2, HIDDEN), next(kinds))
        add_tensor(writer, rng, block + "attn_output.weight", (HIDDEN, HIDDEN), next(kinds))
        add_tensor(writer, rng, block + "ffn_gate.weight", (MLP, HIDDEN), next(kinds))
        add_tensor(writer, rng, block + "ffn_up.weight", (MLP, HIDDEN), next(kinds))
        add_tensor(writer, rng, block + "ffn_down.weight", (HIDDEN, MLP), next(kinds))
    add_tensor(writer, rng, "output_norm.weight", (HIDDEN,), "F32")
    add_tensor(writer, rng, "output.weight", (VOCABULARY, HIDDEN), "Q6_K")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer, core, state):
    import json

    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in json.loads(state)["model"]["merges"]]
    kinds = [gguf.TokenType.CONTROL if core.id_to_token(i) in SPECIALS else gguf.TokenType.NORMAL for i in range(VOCABULARY)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([core.id_to_token(i) for i in range(VOCABULARY)])
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
