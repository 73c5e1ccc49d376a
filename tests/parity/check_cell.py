#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A cell of a study, from its sweep file into transformers: trained and scored by imp-sweep, exported by imp-model, and asked
the benchmark's questions again by transformers' LlavaForConditionalGeneration, which must give the recorded answers.

    check_cell.py --llm phi --encoder siglip --bin BUILD_FOLDER --scratch FOLDER

Exit code 77: the checkout lacks one of the two models.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlavaForConditionalGeneration

import tiny_data
from check import LOGITS, expect_close, relative_error
from make_case import ask
from template import Template
from tiny_models import load_image_processor

ROOT = Path(__file__).resolve().parent.parent.parent
SWEEP = """version: 1
name: cell
extends: {root}/sweeps/profiles/embedded.yaml
baseline: {{llm: {llm}, encoder: {encoder}, lora_rank: 16, lora_alpha: 16, train_pictures: 256, test_pictures: 12, batch_size: 8,
  micro_batch: 8, connector_batch_size: 8, connector_micro_batch: 8, connector_max_steps: 30, max_steps: 30, learning_rate: 2e-3}}
seeds: [1]
benchmarks: [scenetext]
"""


def run(*line):
    done = subprocess.run([str(part) for part in line], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, line))}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def trained_cell(options):
    """Runs the sweep; returns the folders of its data and finetune stages and the recorded answers."""
    (options.scratch / "cell.yaml").write_text(SWEEP.format(root=ROOT, llm=options.llm, encoder=options.encoder))
    runs = options.scratch / "runs"
    run(options.bin / "bin/imp-sweep", options.scratch / "cell.yaml", "--runs", runs, "--db", options.scratch / "imp.db")
    trial = next((runs / "cell").glob("*/outcome.json")).parent
    stages = json.loads((trial / "outcome.json").read_text())["stages"]
    folder = {stage["kind"]: runs / "stages" / f"{stage['kind']}-{stage['key']}" for stage in stages}
    answers = {record["question_id"]: record["prediction"]
               for record in tiny_data.read_json_lines(trial / "predictions/scenetext.jsonl")}
    return folder["data"], folder["finetune"], answers


def load_export(folder):
    model, info = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    bias = load_file(folder / "model.safetensors").get("language_model.lm_head.bias")
    left_over = set(info["unexpected_keys"]) - {"lm_head.bias"}
    assert not info["missing_keys"] and not left_over and not info["mismatched_keys"], info
    if bias is not None:  # Phi's head has a bias, for which transformers' LLaVA has no place
        model.lm_head.bias = torch.nn.Parameter(bias)
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llm", required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    options = parser.parse_args()
    if not all((ROOT / "sweeps/zoo" / name / "model.safetensors").exists() for name in (options.llm, options.encoder)):
        sys.exit(77)
    shutil.rmtree(options.scratch, ignore_errors=True)
    options.scratch.mkdir(parents=True)
    data, trained, recorded = trained_cell(options)

    zoo, export = ROOT / "sweeps/zoo", options.scratch / "export"
    parts = [zoo / options.llm, "--encoder", zoo / options.encoder, "--projector", trained / "projector.safetensors",
             "--adapter", trained / "adapter"]
    run(options.bin / "bin/imp-model", "export", *parts, "-o", export)
    questions = json.loads((data / "test.json").read_text())["data"]
    requests = [{"question_id": entry["question_id"], "image": f"{entry['image_id']}.jpg", "question": entry["question"]}
                for entry in questions]
    tiny_data.write_json_lines(options.scratch / "requests.jsonl", requests)
    run(options.bin / "bin/imp-model", "logits", *parts, "--requests", options.scratch / "requests.jsonl", "--images",
        data / "images/test", "-o", options.scratch / "logits.safetensors")

    tokenizer = AutoTokenizer.from_pretrained(export)
    model = load_export(export)
    template = Template(tokenizer, model.config.image_token_id, model.config.image_seq_length)
    theirs, answers = ask(model, template, load_image_processor(export), requests, data / "images/test")
    ours = load_file(options.scratch / "logits.safetensors")["logits"]
    expect_close("logits", relative_error(ours.numpy(), theirs.numpy()), LOGITS)
    different = [(answer["prediction"], recorded[answer["question_id"]]) for answer in answers
                 if answer["prediction"] != recorded[answer["question_id"]]]
    assert not different, f"answers of transformers beside the recorded ones: {different}"
    print(f"{len(answers)} recorded answers given again by transformers, {len(set(recorded.values()))} of them different")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
