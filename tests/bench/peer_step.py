#!/usr/bin/env python3
"""Seconds of a LoRA training step: imp beside transformers + PEFT, on the same checkpoint, rows and batch, alternating.

    peer_step.py --imp build/release/bin/imp-sweep --rounds 3 --steps 12

Makes a random LLaVA checkpoint (Phi + SigLIP) and rendered rows in a scratch folder, runs both programs in turn, and prints
each round's median step and the ratio. float32, no padding trick for either: every row has the same length.
imp's time is the `seconds` of its train.jsonl (forward, backward, clipping, update); the peer's is the same work in one step,
its pixel values prepared before the clock starts, and with features=cached also without its vision tower, as imp trains.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

QUESTION, ANSWER = "what does the sign say", "stop here"


def make_checkpoint(folder, hidden, layers):
    import torch
    import transformers as hf
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.train_from_iterator([f"USER: \n{QUESTION} ASSISTANT: {ANSWER}"] * 9, trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        special_tokens=["<|endoftext|>", "<pad>", "<image>"]))
    tokenizer = hf.PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|endoftext|>", pad_token="<pad>",
                                           extra_special_tokens=["<image>"])
    text = hf.PhiConfig(vocab_size=2048, hidden_size=hidden, intermediate_size=4 * hidden, num_hidden_layers=layers,
                        num_attention_heads=hidden // 32, resid_pdrop=0.0, bos_token_id=0, eos_token_id=0, pad_token_id=1)
    vision = hf.SiglipVisionConfig(hidden_size=128, intermediate_size=512, num_hidden_layers=6, num_attention_heads=4,
                                   image_size=96, patch_size=12, vision_use_head=False)
    torch.manual_seed(0)
    model = hf.LlavaForConditionalGeneration(hf.LlavaConfig(
        text_config=text, vision_config=vision, image_token_index=2, pad_token_id=1, vision_feature_layer=-2,
        vision_feature_select_strategy="full", image_seq_length=64))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    hf.SiglipImageProcessorPil(size={"height": 96, "width": 96}).save_pretrained(folder)


def make_data(folder, rows):
    import numpy
    from PIL import Image

    (folder / "images").mkdir(parents=True)
    noise = numpy.random.default_rng(0)
    entries = []
    for index in range(rows):
        Image.fromarray(noise.integers(0, 255, (96, 96, 3), dtype=numpy.uint8)).save(folder / "images" / f"{index}.png")
        entries.append({"id": str(index), "image": f"{index}.png", "conversations": [
            {"from": "human", "value": "<image>\n" + QUESTION}, {"from": "gpt", "value": ANSWER}]})
    (folder / "train.json").write_text(json.dumps(entries))


def imp_seconds(imp, scratch, rank, batch, steps, number):
    sweep = scratch / "sweep.yaml"
    sweep.write_text(f"""version: 1
name: bench
baseline:
  checkpoint: {scratch}/checkpoint
  finetune_data: {{json: {scratch}/train.json, images: {scratch}/images}}
  conversation: bare_v1
  lora_rank: {rank}
  lora_alpha: {rank}
  batch_size: {batch}
  micro_batch: {batch}
  sampler: sequential
  dtype: float32
  max_steps: {steps}
  seed: {number}
""".replace(f"  seed: {number}\n", "") + f"seeds: [{number}]\n")
    done = subprocess.run([imp, str(sweep), "--runs", str(scratch / "runs"), "--db", str(scratch / "imp.db")],
                          capture_output=True, text=True)
    logs = list((scratch / "runs" / "bench").glob(f"*seed={number}/train.jsonl"))
    if done.returncode not in (0,) or not logs:
        sys.exit(f"imp-sweep failed ({done.returncode}): {done.stderr[-800:]}")
    seconds = [json.loads(line)["seconds"] for line in logs[0].read_text().splitlines()]
    return statistics.median(seconds[2:])


def peer_seconds(scratch, rank, batch, steps, cached):
    import torch
    from peft import LoraConfig, get_peft_model
    from PIL import Image
    from transformers import AutoTokenizer, LlavaForConditionalGeneration, SiglipImageProcessorPil

    model = LlavaForConditionalGeneration.from_pretrained(scratch / "checkpoint", attn_implementation="sdpa")
    tokenizer = AutoTokenizer.from_pretrained(scratch / "checkpoint")
    processor = SiglipImageProcessorPil.from_pretrained(scratch / "checkpoint")
    model.requires_grad_(False)
    model = get_peft_model(model, LoraConfig(
        r=rank, lora_alpha=rank, target_modules=r".*language_model.*\.(q_proj|k_proj|v_proj|dense|fc1|fc2)"))
    projector = next(m for n, m in model.named_modules() if n.endswith("multi_modal_projector"))
    projector.requires_grad_(True)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0, fused=True)
    encode = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
    prompt = encode("USER: ") + [2] * 64 + encode(f"\n{QUESTION} ASSISTANT:")
    answer = encode(f" {ANSWER}") + [0]
    ids = torch.tensor([prompt + answer] * batch)
    labels = torch.tensor([[-100] * len(prompt) + answer] * batch)
    pixels = processor([Image.open(scratch / "images" / f"{i}.png").convert("RGB") for i in range(batch)],
                       return_tensors="pt")["pixel_values"]
    if cached:
        with torch.no_grad():
            tower = next(m for n, m in model.named_modules() if n.endswith("vision_tower"))
            states = tower(pixels, output_hidden_states=True)
        tower.forward = lambda *args, **kwargs: states
    model.train()
    seconds = []
    for _ in range(steps):
        before = time.perf_counter()
        model(input_ids=ids, labels=labels, pixel_values=pixels, attention_mask=torch.ones_like(ids)).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds.append(time.perf_counter() - before)
    return statistics.median(seconds[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imp", default="build/release/bin/imp-sweep")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rank", type=int, default=256)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--layers", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        make_checkpoint(scratch / "checkpoint", options.hidden, options.layers)
        make_data(scratch, options.batch * options.steps)
        ratios, cached_ratios = [], []
        for number in range(1, options.rounds + 1):
            ours = imp_seconds(options.imp, scratch, options.rank, options.batch, options.steps, number)
            theirs = peer_seconds(scratch, options.rank, options.batch, options.steps, cached=False)
            theirs_cached = peer_seconds(scratch, options.rank, options.batch, options.steps, cached=True)
            ratios.append(theirs / ours)
            cached_ratios.append(theirs_cached / ours)
            print(f"round {number}: imp {ours:.3f} s a step, peer {theirs:.3f} s ({theirs / ours:.2f} times), "
                  f"peer with its tower's output cached {theirs_cached:.3f} s ({theirs_cached / ours:.2f} times)", flush=True)
        print(f"median ratio: {statistics.median(ratios):.2f}; with the peer's tower cached: {statistics.median(cached_ratios):.2f}")


if __name__ == "__main__":
    main()
