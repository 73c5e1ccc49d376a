#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `--jobs N` gains over `--jobs 1`: a small sweep of the embedded profile, from a cold start to its table, each way in turn.

    jobs_ratio.py --bin build/release/bin [--jobs 2] [--rounds 3] [--steps 60]

The sweep is four LoRA trials of the zoo's models with their evaluation; data, features and projector are made once and copied.
Both ways use all cores: `--jobs 1` with a thread a core, `--jobs N` with its share for each worker. Prints the seconds of each
run and the median of the ratios jobs 1 / jobs N within a round, with their range. Above 1: N at once are faster. Its figures
mean something on a machine that does nothing else; the load beside it is printed.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SWEEP = """version: 1
name: jobs
extends: {root}/sweeps/profiles/embedded.yaml
baseline: {{train_pictures: 400, test_pictures: 40, connector_max_steps: 2, max_steps: {steps}, dtype: float32, lora_alpha: "${{lora_rank}}"}}
vary:
  grid: {{lora_rank: [32, 64, 128, 256]}}
seeds: [1]
benchmarks: [scenetext]
"""
SHARED = ("data", "features", "leaks", "pictures", "connector")


def run(options, folder, jobs, more=()):
    """Seconds of a run of what the folder lacks."""
    start = time.monotonic()
    done = subprocess.run([options.bin / "imp-sweep", folder / "jobs.yaml", "--runs", folder / "runs", "--db", folder / "imp.db",
                           "--jobs", str(jobs), *more], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return time.monotonic() - start


def forget_trials(folder):
    """Leaves the shared stages alone."""
    for stage in (folder / "runs/stages").iterdir():
        if not stage.name.startswith(SHARED):
            shutil.rmtree(stage, ignore_errors=True)
    shutil.rmtree(folder / "runs/jobs", ignore_errors=True)
    (folder / "imp.db").unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "jobs.yaml").write_text(SWEEP.format(root=ROOT, steps=options.steps))
        run(options, folder, 1, ["--only", "lora_rank == 32"])
        ratios = []
        for number in range(options.rounds):
            seconds = {}
            for jobs in (1, options.jobs) if number % 2 == 0 else (options.jobs, 1):
                forget_trials(folder)
                seconds[jobs] = run(options, folder, jobs)
            ratios.append(seconds[1] / seconds[options.jobs])
            print(f"jobs 1: {seconds[1]:.1f} s, jobs {options.jobs}: {seconds[options.jobs]:.1f} s, ratio {ratios[-1]:.2f}, "
                  f"load {os.getloadavg()[0]:.1f}", flush=True)
        print(f"jobs 1 / jobs {options.jobs}: median {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
