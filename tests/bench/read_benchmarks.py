#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and peak memory of reading each benchmark's annotations, at full size unless --scale says less.

    read_benchmarks.py SCRATCH --imp-eval build/release/bin/imp-eval [--benchmark gqa_train ...] [--scale 1.0] [--check]

Each set is made by make_benchmarks.py, read by `imp-eval score` with one answer, and removed. --check: exit 1 if a set takes
more memory than its questions need, whatever the size of its files. The figure of a small set is at least this script's own.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from make_benchmarks import SETS

BASE_MIB = 16  # the program, one piece of the file, the largest record
QUESTION_KIB = {"vqav2": 1.25, "scienceqa": 1.5}  # ten answers; hints and choices
OTHER_KIB = 0.75


def peak_of(command):
    """Seconds, peak MiB, exit code and standard error."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - start, usage.ru_maxrss / 1024, process.returncode, message


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--imp-eval", required=True)
    parser.add_argument("--benchmark", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    maker = Path(__file__).with_name("make_benchmarks.py")
    options.scratch.mkdir(parents=True, exist_ok=True)
    nothing = options.scratch / "nothing.jsonl"
    nothing.write_text(json.dumps({"question_id": "no such question", "prediction": "a"}) + "\n")
    wrong = 0
    print(f"{'set':<11} {'questions':>9} {'file MiB':>9} {'seconds':>8} {'peak MiB':>9} {'bytes a question':>17}")
    for name in options.benchmark:
        # In a process of its own: what it holds would count as the peak of what is started after it.
        made = subprocess.run([sys.executable, maker, options.scratch, "--benchmark", name, "--scale", str(options.scale)],
                              check=True, capture_output=True, text=True)
        annotations = made.stdout.split(maxsplit=1)[1].strip()
        folder = options.scratch / name
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
        seconds, peak, code, message = peak_of([options.imp_eval, "score", "--benchmark", SETS[name][1], "--annotations", annotations,
                                                "--predictions", str(nothing)])
        # The answer fits no question, so that reading is all that is done.
        if code != 2 or "none of 1 predictions answers a question" not in message:
            sys.exit(f"{name}: {message}")
        questions = int(message.split(" of the benchmark's ")[1].split(";")[0])
        print(f"{name:<11} {questions:>9} {size:>9.1f} {seconds:>8.2f} {peak:>9.1f} {peak * 2**20 / questions:>17.0f}")
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        bound = max(BASE_MIB, own + 1) + questions * QUESTION_KIB.get(SETS[name][1], OTHER_KIB) / 1024
        if options.check and peak > bound:
            print(f"{name}: peak above {bound:.1f} MiB")
            wrong += 1
        shutil.rmtree(folder)
    nothing.unlink()
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
