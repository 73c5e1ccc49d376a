#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times that `imp-sweep plan` predicts without any earlier stage, against those that a finished run took.

    time_prediction.py SWEEP.yaml --runs DIR [--bin build/release/bin] [--shortest 3]

DIR holds the finished stages of that sweep, made on this machine with nothing else running. Prints predicted and seen seconds of
each stage that took `--shortest` seconds or more, and of all together; ends with 1 where one is more than twice the other."""

import argparse
import json
import os
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sweep")
    parser.add_argument("--runs", required=True)
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--shortest", type=float, default=3.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.join(options.bin, "imp-sweep"), "plan", options.sweep, "--json", "--runs", os.path.join(folder, "runs"),
                   "--db", os.path.join(folder, "imp.db")]
        plan = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    within, compared, all_predicted, all_seen = True, 0, 0.0, 0.0
    for stage in plan["stages"]:
        record = os.path.join(options.runs, "stages", f"{stage['kind']}-{stage['key']}", "stage.json")
        if not os.path.exists(record) or stage["seconds"] is None:
            continue
        with open(record, encoding="utf-8") as file:
            seen = json.load(file)["seconds"]
        predicted = stage["seconds"]
        all_predicted, all_seen = all_predicted + predicted, all_seen + seen
        if seen < options.shortest:
            continue
        compared += 1
        within &= 0.5 <= predicted / seen <= 2.0
        print(f"{stage['kind']}-{stage['key'][:8]}: predicted {predicted:.1f} s ({stage['seconds_from']}), seen {seen:.1f} s, "
              f"ratio {predicted / seen:.2f}")
    if compared == 0:
        sys.exit(f"{options.runs} has no stage of {options.sweep} that took {options.shortest:g} s")
    print(f"all: predicted {all_predicted:.0f} s, seen {all_seen:.0f} s, ratio {all_predicted / all_seen:.2f}")
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()
