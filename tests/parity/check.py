#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares one behaviour of imp's programs with what make_case.py wrote down; prints the largest difference.

    check.py CHECK CASE_FOLDER --bin FOLDER [--rank 8]
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from safetensors.numpy import load_file

import tiny_data

LOGITS = LOSSES = 1e-4
GRADIENT_NORMS = 1e-3


def relative_error(ours, theirs):
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    return float(numpy.abs(ours - theirs).max() / numpy.abs(theirs).max())


def expect_close(what, error, bound):
    print(f"{what}: {error:.2e} (at most {bound:.0e})")
    if not error <= bound:
        sys.exit(f"{what}: {error:.3e} is above {bound:.0e}")


def expect_equal(what, ours, theirs):
    assert len(ours) == len(theirs), f"{what}: {len(ours)} against {len(theirs)}"
    for index, (a, b) in enumerate(zip(ours, theirs)):
        if a != b:
            sys.exit(f"{what}, number {index}: imp has\n{a}\ntransformers has\n{b}")
    print(f"{what}: {len(ours)} equal")


class Case:
    def __init__(self, folder, binaries, rank):
        self.folder, self.binaries, self.rank = folder, binaries, rank
        self.checkpoint, self.reference, self.images = folder / "checkpoint", folder / "reference", folder / "images"
        self.kept = folder / "imp"  # what one check leaves for another: its training runs
        self.kept.mkdir(exist_ok=True)
        # Of this process alone: checks of one case run beside each other. Removed at its end.
        self.own = tempfile.TemporaryDirectory(dir=self.kept, prefix="check-")
        self.scratch = Path(self.own.name)

    def run(self, program, *arguments, stdin=""):
        line = [str(self.binaries / program), *map(str, arguments)]
        done = subprocess.run(line, input=stdin, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            sys.exit(f"{' '.join(line)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def model(self, command, *arguments, **more):
        return self.run("bin/imp-model", command, *arguments, **more)

    def logits(self, directory, requests, *more):
        out = self.scratch / "logits.safetensors"
        self.model("logits", directory, "--requests", self.folder / requests, "--images", self.images, "-o", out, *more)
        return load_file(out)["logits"]

    def answers(self, directory, requests, *more):
        lines = self.model("generate", directory, "--requests", self.folder / requests, "--images", self.images,
                           "--max-new-tokens", 8, *more)
        return [json.loads(line) for line in lines.splitlines()]

    def trained(self):
        """Folder of the finetune stage that check train left."""
        outcome = json.loads(next((self.runs() / "parity").glob("*/outcome.json")).read_text())
        key = next(stage["key"] for stage in outcome["stages"] if stage["kind"] == "finetune")
        return self.runs() / "stages" / f"finetune-{key}"

    def runs(self):
        return self.kept / f"runs_r{self.rank}"


def logits(case):
    """Logits at the end of each prompt, pictures and text-only prompts of several lengths packed together."""
    theirs = load_file(case.reference / "logits.safetensors")["logits"]
    expect_close("logits", relative_error(case.logits(case.checkpoint, "requests.jsonl"), theirs), LOGITS)


def greedy(case):
    expect_equal("answers", case.answers(case.checkpoint, "requests.jsonl"), tiny_data.read_json_lines(case.reference / "answers.jsonl"))


def beams(case):
    expect_equal("answers", case.answers(case.checkpoint, "requests.jsonl", "--beams", tiny_data.BEAMS),
                 tiny_data.read_json_lines(case.reference / "beam_answers.jsonl"))


def bfloat16(case):
    """The first token of 400 answers in bfloat16."""
    import torch
    from transformers import LlavaForConditionalGeneration

    from bfloat16 import compare_choices

    requests = "many_requests.jsonl"
    pictures = sorted(path.name for path in case.images.iterdir())
    tiny_data.write_json_lines(case.folder / requests, tiny_data.make_requests(pictures, 400, seed=25))

    def theirs(dtype):
        return read_back(case, lambda: (LlavaForConditionalGeneration.from_pretrained(case.checkpoint, dtype=dtype), case.checkpoint), requests)

    compare_choices(case.logits(case.checkpoint, requests, "--dtype", "bfloat16"), theirs(torch.bfloat16), theirs(torch.float32))


def language_model(case):
    """The language model alone, with the bias of Phi's head."""
    theirs = load_file(case.reference / "text_logits.safetensors")["logits"]
    expect_close("logits", relative_error(case.logits(case.folder / "language_model", "text_requests.jsonl"), theirs), LOGITS)
    expect_equal("answers", case.answers(case.folder / "language_model", "text_requests.jsonl"),
                 tiny_data.read_json_lines(case.reference / "text_answers.jsonl"))


def tower(case):
    """Every hidden state of the vision tower alone, and the normed last one."""
    out = case.scratch / "tower.safetensors"
    case.run("tests/parity_probe", "tower", case.folder / "tower", case.images / "000.png", out)
    ours, theirs = load_file(out), load_file(case.reference / "tower.safetensors")
    assert sorted(ours) == sorted(theirs)
    for name in sorted(theirs):
        expect_close(name, relative_error(ours[name], theirs[name]), LOGITS)


def preprocess(case):
    out = case.scratch / "pixels.safetensors"
    case.model("preprocess", case.checkpoint, case.images / "000.png", "-o", out)
    ours, theirs = load_file(out)["pixel_values"], load_file(case.reference / "pixels.safetensors")["pixel_values"]
    assert numpy.array_equal(ours, theirs), f"pixel_values differ by up to {numpy.abs(ours - theirs).max()}"


def tokenizer(case):
    text = (case.folder / "unicode.txt").read_text(encoding="utf-8")
    ours = [json.loads(line) for line in case.model("tokenize", case.checkpoint, stdin=text).splitlines()]
    expect_equal("ids of a line", ours, tiny_data.read_json_lines(case.reference / "unicode_ids.jsonl"))


def rows(case):
    theirs = tiny_data.read_json_lines(case.reference / "rows.jsonl")
    image = json.loads((case.reference / "image_token.json").read_text())
    tokens = theirs[0]["ids"].count(image)
    for row in theirs:
        row["ids"] = [-200 if token == image else token for token in row["ids"]]
    ours = case.run("tests/parity_probe", "rows", case.checkpoint, case.folder / "train.json", tokens)
    expect_equal("row", [json.loads(line) for line in ours.splitlines()], theirs)


SWEEP = """version: 1
name: parity
baseline:
  checkpoint: {folder}/checkpoint
  finetune_data: {{json: {folder}/train.json, images: {folder}/images}}
  init_adapter: {folder}/adapter_r{rank}
  conversation: bare_v1
  finetune: lora
  lora_rank: {rank}
  lora_alpha: {alpha}
  lora_dropout: 0
  max_steps: {reference.STEPS}
  batch_size: {reference.BATCH}
  micro_batch: {reference.MICRO_BATCH}
  learning_rate: {reference.LEARNING_RATE}
  projector_learning_rate: {reference.PROJECTOR_LEARNING_RATE}
  schedule: cosine
  warmup_ratio: {reference.WARMUP_RATIO}
  weight_decay: 0
  grad_clip: {clip}
  loss_normalization: micro_batch
  dtype: float32
  sampler: sequential
  turns: conversation
  device: cpu
seeds: [1]
benchmarks: []
"""


def train(case):
    """Twenty float32 LoRA steps from PEFT's adapter by imp-sweep against the same by transformers and PEFT."""
    import peft_training

    clip = peft_training.clip_of(case.rank)
    adapter = json.loads((case.folder / f"adapter_r{case.rank}/adapter_config.json").read_text())
    sweep = case.scratch / f"parity_r{case.rank}.yaml"
    sweep.write_text(SWEEP.format(folder=case.folder, rank=case.rank, alpha=adapter["lora_alpha"], clip=clip, reference=peft_training))
    shutil.rmtree(case.runs(), ignore_errors=True)
    case.run("bin/imp-sweep", "run", sweep, "--runs", case.runs(), "--db", case.runs() / "imp.db")
    ours = tiny_data.read_json_lines(case.trained() / "train.jsonl")
    theirs = tiny_data.read_json_lines(case.reference / f"train_r{case.rank}.jsonl")
    assert len(ours) == len(theirs) == peft_training.STEPS
    column = lambda log, key: numpy.array([record[key] for record in log])
    norms = column(theirs, "grad_norm")
    assert norms.max() > clip and (clip == 1.0 or norms.min() < clip), f"clipping at {clip} changes nothing: {norms}"
    expect_equal("tokens of a step", list(column(ours, "tokens")), list(column(theirs, "tokens")))
    for key, bound in [("lr", 1e-9), ("loss", LOSSES), ("grad_norm", GRADIENT_NORMS)]:
        a, b = column(ours, key), column(theirs, key)
        expect_close(key, float((numpy.abs(a - b) / numpy.maximum(numpy.abs(b), 1e-30)).max()), bound)
    print(f"loss from {theirs[0]['loss']:.3f} to {theirs[-1]['loss']:.3f}")


def trained_logits(case):
    return case.logits(case.checkpoint, "requests.jsonl", "--adapter", case.trained() / "adapter", "--projector",
                       case.trained() / "projector.safetensors")


def read_back(case, load, requests="requests.jsonl"):
    """Logits of the requests by a model that load() makes with transformers, as float32."""
    from transformers import AutoTokenizer

    from make_case import ask
    from template import Template
    from tiny_models import load_image_processor

    model, directory = load()
    template = Template(AutoTokenizer.from_pretrained(directory), model.config.image_token_id, model.config.image_seq_length)
    requests = tiny_data.read_json_lines(case.folder / requests)
    return ask(model.eval(), template, load_image_processor(directory), requests, case.images, generates=False)[0].float().numpy()


def adapter_in_peft(case):
    """The adapter and projector that imp wrote, on the base checkpoint in transformers and PEFT."""
    import torch
    from peft import PeftModel
    from safetensors.torch import load_file as load_tensors
    from transformers import LlavaForConditionalGeneration

    def load():
        model = LlavaForConditionalGeneration.from_pretrained(case.checkpoint, dtype=torch.float32)
        weights = load_tensors(case.trained() / "projector.safetensors")
        model.model.multi_modal_projector.load_state_dict(
            {name.removeprefix("multi_modal_projector."): weight for name, weight in weights.items()})
        wrapped = PeftModel.from_pretrained(model, case.trained() / "adapter")
        used = {name for name, _ in wrapped.named_parameters() if ".lora_" in name}
        assert len(used) == len(load_tensors(case.trained() / "adapter/adapter_model.safetensors"))
        return wrapped, case.checkpoint

    theirs = read_back(case, load)
    expect_close("logits", relative_error(trained_logits(case), theirs), LOGITS)
    base = load_file(case.reference / "logits.safetensors")["logits"]
    assert relative_error(theirs, base) > 0.01, "training has not changed the model"


def export(case):
    """A directory of imp-model export in transformers, nothing missing and nothing left over, and back in imp."""
    import torch
    from transformers import LlavaForConditionalGeneration

    folder = case.scratch / "export"
    shutil.rmtree(folder, ignore_errors=True)
    case.model("export", case.checkpoint, "-o", folder, "--adapter", case.trained() / "adapter", "--projector",
               case.trained() / "projector.safetensors")

    def load():
        model, info = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
        assert not any(info.values()), info
        return model, folder

    theirs = read_back(case, load)
    expect_close("logits of the export in transformers", relative_error(trained_logits(case), theirs), LOGITS)
    expect_close("logits of the export in imp", relative_error(case.logits(folder, "requests.jsonl"), theirs), LOGITS)


CHECKS = {check.__name__: check for check in (logits, greedy, beams, bfloat16, language_model, tower, preprocess, tokenizer, rows, train,
                                              adapter_in_peft, export)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bin", type=Path, required=True, help="the build folder")
    parser.add_argument("--rank", type=int, default=8)
    options = parser.parse_args()
    CHECKS[options.check](Case(options.folder.resolve(), options.bin, options.rank))


if __name__ == "__main__":
    main()
