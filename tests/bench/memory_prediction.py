#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `imp-sweep plan` predicts of a training step's peak memory beside what the step takes, for several shapes.

    memory_prediction.py --bin build/release/bin [--only NAME] [--out FOLDER]

Each case is a checkpoint of random weights, rows of pictures with long conversations, and two LoRA steps without stage 1 and
without scoring. Ends with 1 if a prediction is further than a tenth from the measured peak.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent / "peers"
WITHIN = 0.10
PHI = ["tiny-phi-siglip", "--hidden", 1024, "--layers", 12, "--heads", 16, "--intermediate", 4096, "--vocab", 32000,
       "--tokenizer-vocab", 4096]
LLAMA = ["tiny-llama-clip", "--hidden", 1024, "--layers", 12, "--heads", 16, "--kv-heads", 4, "--intermediate", 2816, "--vocab", 32000,
         "--tokenizer-vocab", 4096, "--tokenizer", "bpe"]
SMOL = ["smol-135m"]
# Name: checkpoint, rows at once, configuration.
CASES = {
    "phi float32": (PHI, 4, {"dtype": "float32", "lora_rank": 64}),
    "phi float32 recompute": (PHI, 8, {"dtype": "float32", "lora_rank": 64, "recompute": "blocks"}),
    "phi bfloat16 r256": (PHI, 4, {"dtype": "bfloat16", "lora_rank": 256}),
    "phi full": (PHI, 2, {"dtype": "float32", "finetune": "full"}),
    "llama float32": (LLAMA, 4, {"dtype": "float32", "lora_rank": 64}),
    "llama float32 dropout": (LLAMA, 4, {"dtype": "float32", "lora_rank": 64, "lora_dropout": 0.05}),
    "llama bfloat16 recompute": (LLAMA, 8, {"dtype": "bfloat16", "lora_rank": 64, "recompute": "blocks"}),
    "smollm2 float32": (SMOL, 8, {"dtype": "float32", "lora_rank": 64}),
    "smollm2 bfloat16": (SMOL, 8, {"dtype": "bfloat16", "lora_rank": 64}),
}


def run(*line):
    done = subprocess.run([str(part) for part in line], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, line))}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def prepare(folder, shape):
    """The checkpoint of a shape and its rows, made once."""
    made = folder / "-".join(str(part).strip("-") for part in shape)
    if not (made / "data").exists():
        run(sys.executable, PEERS / "make_checkpoint.py", shape[0], made / "checkpoint", *shape[1:])
        run(sys.executable, PEERS / "make_data.py", made / "data", "--images", 64, "--turns", 6, "--questions-per-image", 1)
    return made


def measure(options, folder, name):
    shape, rows, config = CASES[name]
    made = prepare(folder, shape)
    baseline = {"checkpoint": str(made / "checkpoint"), "conversation": "bare_v1", "turns": "conversation", "max_steps": 2,
                "finetune_data": {"json": str(made / "data/train.json"), "images": str(made / "data/images")},
                "batch_size": rows, "micro_batch": rows, **config}
    sweep = folder / "sweep.yaml"
    sweep.write_text(json.dumps({"version": 1, "name": "memory", "baseline": baseline, "seeds": [1], "benchmarks": []}))
    runs = folder / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    place = ("--runs", runs)
    plan = json.loads(run(options.bin / "imp-sweep", "plan", sweep, *place, "--json"))
    predicted = next(stage["memory_bytes"] for stage in plan["stages"] if stage["kind"] == "finetune")
    run(options.bin / "imp-sweep", "run", sweep, *place, "--db", folder / "imp.db")  # makes the features, whose memory is not asked
    for stage in (runs / "stages").glob("finetune-*"):
        shutil.rmtree(stage)
    run(options.bin / "imp-sweep", "run", sweep, *place, "--db", folder / "imp.db")
    outcome = json.loads(next((runs / "memory").glob("*/outcome.json")).read_text())
    return predicted, outcome["cost"]["peak_memory_bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--out", type=Path, help="where checkpoints are made and kept")
    options = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in [options.only] if options.only else CASES:
            predicted, peak = measure(options, folder, name)
            error = predicted["total"] / peak - 1
            parts = ", ".join(f"{key} {value / 1e6:.0f}" for key, value in predicted.items() if key != "total")
            print(f"{name:28} measured {peak / 1e6:6.0f} MB, predicted {predicted['total'] / 1e6:6.0f} MB ({error:+.1%}): {parts}",
                  flush=True)
            if abs(error) > WITHIN:
                missed.append(name)
    if missed:
        sys.exit(f"further than a tenth: {', '.join(missed)}")


if __name__ == "__main__":
    main()
