#!/usr/bin/env python3
"""LoRA training: imp beside transformers + PEFT (tests/peers/hf_train.py), same checkpoint, rows and batch, alternating.

    peer_step.py [--shape tiny-phi-siglip] [--rounds 3] [--steps 12] [--rank 256] [--batch 16]

Prints for each round the median seconds of a step on both sides, the wall time of the whole process (start, pictures,
training, saving) and the ratios, then the median ratios. Both run in float32, without dropout, in file order, with all cores;
the loss of the first step, before the adapters differ, must agree. A step of hf_train.py reads its pictures and runs the vision
tower; imp has both done once, before the first step, in a stage whose time is in its whole process.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE.parent / "peers"
ROOT = HERE.parent.parent


def call(command):
    began = time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed ({done.returncode}): {(done.stderr or done.stdout)[-800:]}")
    return time.perf_counter() - began


def steps_of(log):
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    return entries[0]["loss"], statistics.median(entry["seconds"] for entry in entries[2:])


def run_imp(options, scratch):
    sweep = scratch / "sweep.yaml"
    sweep.write_text(f"""version: 1
name: bench
baseline:
  checkpoint: {scratch}/checkpoint
  finetune_data: {{json: {scratch}/data/train.json, images: {scratch}/data/images}}
  conversation: bare_v1
  lora_rank: {options.rank}
  lora_alpha: {options.rank}
  batch_size: {options.batch}
  micro_batch: {options.batch}
  sampler: sequential
  dtype: float32
  max_steps: {options.steps}
seeds: [1]
""")
    shutil.rmtree(scratch / "runs", ignore_errors=True)
    whole = call([options.imp, sweep, "--runs", scratch / "runs", "--db", scratch / "imp.db"])
    return whole, *steps_of(next((scratch / "runs" / "bench").glob("*/train.jsonl")))


def run_peer(options, scratch):
    out = scratch / "peer"
    whole = call([sys.executable, PEERS / "hf_train.py", scratch / "checkpoint", "--data", scratch / "data/train.json",
                  "--images", scratch / "data/images", "--out", out, "--rank", options.rank, "--micro-batch", options.batch,
                  "--max-steps", options.steps, "--no-shuffle"])
    return whole, *steps_of(out / "train.jsonl")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imp", default=ROOT / "build/release/bin/imp-sweep")
    parser.add_argument("--shape", default="tiny-phi-siglip")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rank", type=int, default=256)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        call([sys.executable, PEERS / "make_checkpoint.py", options.shape, scratch / "checkpoint"])
        call([sys.executable, PEERS / "make_data.py", scratch / "data", "--images", options.batch * options.steps,
              "--turns", options.turns])
        step_ratios, whole_ratios = [], []
        for number in range(1, options.rounds + 1):
            imp_whole, imp_loss, imp_step = run_imp(options, scratch)
            peer_whole, peer_loss, peer_step = run_peer(options, scratch)
            if abs(imp_loss - peer_loss) > 1e-4 * peer_loss:
                sys.exit(f"the first losses differ: imp {imp_loss}, peer {peer_loss}; the programs do not do the same work")
            step_ratios.append(peer_step / imp_step)
            whole_ratios.append(peer_whole / imp_whole)
            print(f"round {number}: step: imp {imp_step:.3f} s, peer {peer_step:.3f} s, {step_ratios[-1]:.2f} times; "
                  f"whole process: imp {imp_whole:.1f} s, peer {peer_whole:.1f} s, {whole_ratios[-1]:.2f} times", flush=True)
        print(f"median ratio: step {statistics.median(step_ratios):.2f}, whole process {statistics.median(whole_ratios):.2f}")


if __name__ == "__main__":
    main()
