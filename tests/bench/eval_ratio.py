#!/usr/bin/env python3
"""Questions per second of `imp-eval run` beside transformers' generate, alternately in one run, on one checkpoint.

    eval_ratio.py --bin build/release/bin [--zoo sweeps/zoo | --checkpoint DIR] [--pictures 3072] [--rounds 3] [--out ratio.json]

The checkpoint is the zoo's phi and siglip with a seeded projector, as a LlavaForConditionalGeneration directory, or a given
one with SigLIP, such as tests/peers/make_checkpoint.py makes (its answers are as long as they may be); pictures show words.
Each case asks one or eight questions a picture, at most eight new tokens, float32, greedy. transformers runs at the batch
size of those given that is fastest for it, found on a part of the questions after a first turn at every size: it is slower
until its memory has grown. Both sides are timed without loading; both decode the pictures. The answers must be equal: the
script ends with 1 if one differs or a ratio misses its target, else 0.
"""
import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = "open sale exit bank hotel coffee street north market bread river stone green seven".split()
ASKS = ["What is written in the {p} line?", "Which word stands on the {p} line?", "Read the {p} line.",
        "What does the {p} line of the sign say?"]
TEMPLATE = "\n{} ASSISTANT:"


def make_checkpoint(zoo, out):
    """The zoo's parts and a projector drawn from a seed."""
    import torch
    from safetensors.torch import load_file, save_file

    text, vision = load_file(zoo / "phi/model.safetensors"), load_file(zoo / "siglip/model.safetensors")
    text_config, vision_config = (json.loads((zoo / part / "config.json").read_text()) for part in ("phi", "siglip"))
    text.pop("lm_head.bias")  # transformers' LLaVA has none
    tensors = {"language_model." + name: weight.float() for name, weight in text.items()}
    tensors |= {"vision_tower." + name: weight.float() for name, weight in vision.items()}
    generator, hidden = torch.Generator().manual_seed(1), text_config["hidden_size"]
    for number, inputs in {1: vision_config["hidden_size"], 2: hidden}.items():
        name = f"multi_modal_projector.linear_{number}."
        tensors[name + "weight"] = torch.randn(hidden, inputs, generator=generator) / inputs ** 0.5
        tensors[name + "bias"] = torch.zeros(hidden)
    out.mkdir(parents=True)
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    ids = {token["content"]: token["id"] for token in json.loads((zoo / "phi/tokenizer.json").read_text())["added_tokens"]}
    tokens = (vision_config["image_size"] // vision_config["patch_size"]) ** 2
    config = {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "text_config": text_config,
              "vision_config": vision_config, "image_token_index": ids["<image>"], "pad_token_id": ids["<pad>"],
              "projector_hidden_act": "gelu", "vision_feature_layer": -2, "vision_feature_select_strategy": "full",
              "image_seq_length": tokens, "tie_word_embeddings": False, "torch_dtype": "float32"}
    (out / "config.json").write_text(json.dumps(config))
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(zoo / "phi" / file, out / file)
    shutil.copy(zoo / "siglip/preprocessor_config.json", out / "preprocessor_config.json")


def make_questions(out, pictures, per_picture):
    """TextVQA's layout, which the benchmark `scenetext` reads."""
    from PIL import Image, ImageDraw, ImageFont

    rng = random.Random(1)
    (out / "images").mkdir(parents=True)
    rows = []
    for number in range(pictures):
        image = Image.new("RGB", rng.choice([(160, 120), (128, 128), (96, 144)]), tuple(rng.randint(150, 255) for _ in "rgb"))
        draw, words = ImageDraw.Draw(image), [rng.choice(WORDS) for _ in range(3)]
        for line, word in enumerate(words):
            draw.text((rng.randint(0, 30), 8 + line * 35), word, fill=(0, 0, 80), font=ImageFont.load_default(size=22))
        image.save(out / "images" / f"{number:06}.jpg", quality=90)
        for ask in range(per_picture):
            line = rng.randrange(3)
            question = rng.choice(ASKS).format(p=["first", "second", "third"][line])
            rows.append({"question_id": len(rows), "image_id": f"{number:06}", "question": question,
                         "answers": [words[line]] * 10})
    (out / "test.json").write_text(json.dumps({"data": rows}))
    return rows


class Peer:
    """transformers' generate, batches padded on the left."""

    def __init__(self, checkpoint, threads):
        import torch
        from transformers import AutoTokenizer, LlavaForConditionalGeneration, SiglipImageProcessorPil
        from transformers.utils import logging

        logging.disable_progress_bar()
        torch.set_num_threads(threads)
        self.torch = torch
        self.model = LlavaForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32, attn_implementation="sdpa").eval()
        self.tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        self.processor = SiglipImageProcessorPil.from_pretrained(checkpoint)
        config = self.model.config
        self.image = [config.image_token_id] * config.image_seq_length
        self.pad = self.tokenizer.eos_token_id if config.pad_token_id is None else config.pad_token_id  # masked either way

    def encode(self, text):
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def ask(self, rows, images, batch, new_tokens):
        from PIL import Image

        torch, eos, answers = self.torch, self.tokenizer.eos_token_id, [None] * len(rows)
        begun = time.perf_counter()
        prompts = [self.encode("USER: ") + self.image + self.encode(TEMPLATE.format(row["question"])) for row in rows]
        order = sorted(range(len(rows)), key=lambda i: -len(prompts[i]))  # its best order
        with torch.inference_mode():
            for start in range(0, len(rows), batch):
                chosen = order[start:start + batch]
                width = max(len(prompts[i]) for i in chosen)
                ids = torch.tensor([[self.pad] * (width - len(prompts[i])) + prompts[i] for i in chosen])
                mask = torch.tensor([[0] * (width - len(prompts[i])) + [1] * len(prompts[i]) for i in chosen])
                pictures = [Image.open(images / (rows[i]["image_id"] + ".jpg")).convert("RGB") for i in chosen]
                pixels = self.processor(pictures, return_tensors="pt")["pixel_values"]
                out = self.model.generate(input_ids=ids, attention_mask=mask, pixel_values=pixels, do_sample=False,
                                          max_new_tokens=new_tokens, eos_token_id=eos, pad_token_id=self.pad)[:, width:].tolist()
                for i, row in zip(chosen, out):
                    row = row[:row.index(eos)] if eos in row else row
                    answers[i] = self.tokenizer.decode(row, skip_special_tokens=True).strip()
        return answers, len(rows) / (time.perf_counter() - begun)


def ask_imp(options, checkpoint, data, scratch, rows):
    shutil.rmtree(scratch, ignore_errors=True)
    done = subprocess.run([options.bin / "imp-eval", "run", checkpoint, "--benchmark", "scenetext", "--annotations",
                           data / "test.json", "--images", data / "images", "-o", scratch, "--max-new-tokens",
                           str(options.new_tokens), "--jobs", str(options.threads)], text=True, capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)
    lines = [json.loads(line) for line in (scratch / "predictions/scenetext.jsonl").read_text().splitlines()]
    assert len(lines) == len(rows)
    return [line["prediction"] for line in lines], float(re.search(r"\(([\d.]+) questions/s\)", done.stderr)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--bin", type=Path, required=True)
    add("--zoo", type=Path, default=Path(__file__).parents[2] / "sweeps/zoo")
    add("--checkpoint", type=Path)
    add("--pictures", type=int, default=3072)
    add("--rounds", type=int, default=3)
    add("--threads", type=int, default=2)
    add("--new-tokens", type=int, default=8)
    add("--batches", type=int, nargs="+", default=[16, 32, 64, 128])
    add("--out", type=Path)
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    results, missed = [], False
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        checkpoint = options.checkpoint or scratch / "zoo-phi-siglip"
        if not options.checkpoint:
            make_checkpoint(options.zoo, checkpoint)
        peer = Peer(checkpoint, options.threads)
        for per_picture, target in ((1, 3.0), (8, 8.0)):
            data = scratch / f"data{per_picture}"
            rows = make_questions(data, max(1, options.pictures // per_picture), per_picture)
            images = data / "images"
            some = rows[:512]
            for _ in range(2):  # the first turn warms
                rates = {batch: peer.ask(some, images, batch, options.new_tokens)[1] for batch in options.batches}
            best = max(rates, key=rates.get)
            ours, theirs, differ = [], [], 0
            for _ in range(options.rounds):
                theirs_answers, rate = peer.ask(rows, images, best, options.new_tokens)
                theirs.append(rate)
                ours_answers, rate = ask_imp(options, checkpoint, data, scratch / "out", rows)
                ours.append(rate)
                differ = max(differ, sum(a != b for a, b in zip(ours_answers, theirs_answers)))
            ratio = sorted(a / b for a, b in zip(ours, theirs))[len(ours) // 2]
            missed |= ratio < target or differ > 0
            results.append({"questions_per_picture": per_picture, "questions": len(rows), "imp": [round(r, 1) for r in ours],
                            "transformers": [round(r, 1) for r in theirs], "transformers_batch": best,
                            "transformers_by_batch": {str(b): round(r, 1) for b, r in rates.items()},
                            "ratio": round(ratio, 2), "target": target, "differing_answers": differ})
            print(json.dumps(results[-1]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n")
    sys.exit(missed)


if __name__ == "__main__":
    main()
