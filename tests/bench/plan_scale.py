#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a plan of many cells takes, and how long a finished sweep takes that is looked at again.

    plan_scale.py [--bin build/release/bin] [--cells 100000] [--finished SWEEP.yaml --runs DIR --db FILE]

Prints seconds and peak memory. The limits: 100,000 cells below 30 s and 1 GiB, a finished sweep below 1 s."""

import argparse
import os
import subprocess
import sys
import tempfile
import time


def measured(command):
    """Seconds and peak MiB of a program that must end with 0."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)} failed")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def grid(cells):
    """A sweep of that many cells. They train the projector alone, so that the disk which the plan asks for has some 25 GiB."""
    rates = ", ".join(f"{number}e-6" for number in range(1, cells // 1000 + 1))
    tens = ", ".join(str(number) for number in range(1, 11))
    shares = ", ".join(f"0.0{number}" for number in range(10))
    return ("version: 1\nname: scale\nabout: How long does a plan of many cells take?\nbaseline: {finetune: projector}\n"
            f"vary: {{grid: {{projector_learning_rate: [{rates}], epochs: [{tens}], warmup_ratio: [{shares}]}}}}\n"
            f"seeds: [{tens}]\nbenchmarks: [scenetext]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--finished", help="a sweep file, all of whose cells are done below --runs")
    parser.add_argument("--runs", default="runs")
    parser.add_argument("--db", default="results/imp.db")
    options = parser.parse_args()
    program = os.path.join(options.bin, "imp-sweep")
    if options.finished:
        for command in ("run", "status", "plan"):
            line = [program, command, options.finished, "--runs", options.runs, "--db", options.db]
            wall, cpu, peak = measured(line)
            print(f"{command} of a finished sweep: {wall:.2f} s ({cpu:.2f} s of processor), {peak:.0f} MiB")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "scale.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(grid(options.cells))
        wall, cpu, peak = measured([program, "plan", file, "--runs", os.path.join(folder, "runs"), "--db",
                                    os.path.join(folder, "imp.db")])
        print(f"plan of {options.cells} cells: {wall:.1f} s ({cpu:.1f} s of processor), {peak:.0f} MiB")


if __name__ == "__main__":
    main()
