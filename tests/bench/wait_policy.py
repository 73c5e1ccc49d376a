#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs and gains that imp's threads wait asleep: training speed under OMP_WAIT_POLICY=passive, imp's own choice,
beside the library's default and beside a short spin, on the machine as it is and beside processes that only compute.

    wait_policy.py --bin build/release/bin [--busy 0 4] [--rounds 3] [--steps 15]

One sweep of the zoo's models is trained again and again with each setting in turn, so that what else the machine does meets
them all alike; data, features and projector are made once. Prints each run's tokens a second and, for each number of busy
processes, the median of the ratios passive / setting within a round, with their range. Above 1: passive is faster.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSIVE = "OMP_WAIT_POLICY=passive"
SETTINGS = (PASSIVE, "OMP_WAIT_POLICY=", "GOMP_SPINCOUNT=1000")  # an empty policy is libgomp's default: it spins for milliseconds
SWEEP = """version: 1
name: wait
extends: {root}/sweeps/profiles/embedded.yaml
baseline: {{train_pictures: 200, test_pictures: 2, connector_max_steps: 2, max_steps: {steps}, lora_rank: 128, dtype: float32}}
seeds: [1]
benchmarks: []
"""


def train(options, folder, setting):
    """Trains the only trial anew; returns tokens a second of its training."""
    for made in [*folder.glob("runs/stages/finetune-*"), folder / "runs/wait"]:
        shutil.rmtree(made, ignore_errors=True)
    variable, value = setting.split("=")
    environment = {name: text for name, text in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    done = subprocess.run([options.bin / "imp-sweep", folder / "wait.yaml", "--runs", folder / "runs", "--db", folder / "imp.db"],
                          env={**environment, variable: value}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(next(folder.glob("runs/wait/*/outcome.json")).read_text())["cost"]["tokens_per_second"]


def measure(options, folder, busy):
    computing = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    rounds = []
    try:
        for number in range(options.rounds):
            order = SETTINGS if number % 2 == 0 else tuple(reversed(SETTINGS))
            rounds.append({setting: train(options, folder, setting) for setting in order})
            print(f"beside {busy} busy processes: " + ", ".join(f"{name}: {rounds[-1][name]:.0f} tokens/s" for name in SETTINGS), flush=True)
    finally:
        for process in computing:
            process.kill()
            process.wait()
    for setting in SETTINGS[1:]:
        ratios = [speed[PASSIVE] / speed[setting] for speed in rounds]
        print(f"beside {busy} busy processes, passive / {setting}: {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} rounds)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 2 * (os.cpu_count() or 1)])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=15)
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "zoo").symlink_to(ROOT / "sweeps/zoo")
        (folder / "wait.yaml").write_text(SWEEP.format(root=ROOT, steps=options.steps))
        train(options, folder, PASSIVE)  # data, features, projector
        for busy in options.busy:
            measure(options, folder, busy)


if __name__ == "__main__":
    main()
