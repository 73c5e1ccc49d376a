#!/usr/bin/env python3
"""What gpu_check.sh asks of files: sweeps to write, logs to compare. One command a function; see each."""
import json
import pathlib
import statistics
import sys


def sweep(out, name, checkpoint, data, steps, batch, dtype, device, *more):
    """sweep OUT NAME CHECKPOINT DATA STEPS BATCH DTYPE DEVICE [KEY=VALUE ...]: a sweep of one LoRA cell without benchmarks."""
    keys = {"checkpoint": checkpoint, "finetune": "lora", "lora_rank": 256, "lora_alpha": 256, "lora_dropout": 0,
            "conversation": "bare_v1", "max_steps": steps, "batch_size": batch, "micro_batch": batch, "learning_rate": 2e-4,
            "projector_learning_rate": 2e-5, "sampler": "sequential", "epochs": 1, "grad_clip": 1.0, "dtype": dtype,
            "device": device, "checkpoint_every": 1000}
    keys.update(dict(pair.split("=", 1) for pair in more))
    lines = [f"  {key}: {value}" for key, value in keys.items()]
    lines.append(f"  finetune_data: {{json: {data}/train.json, images: {data}/images}}")
    pathlib.Path(out).write_text(f"version: 1\nname: {name}\nbaseline:\n" + "\n".join(lines) +
                                 f"\nvary: {{grid: {{lora_rank: [{keys['lora_rank']}]}}}}\nseeds: [1]\nbenchmarks: []\n")


def rows_of(path):
    path = pathlib.Path(path)
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()] if path.exists() else []


def step(label, log, summary=""):
    """step LABEL train.jsonl [summary.json]: median step, tokens a second, losses."""
    rows = rows_of(log)
    if not rows:
        print(f"RESULT {label}: no step was logged")
        return
    rest = rows[3:] if len(rows) > 5 else rows[1:] or rows
    seconds = statistics.median(row["seconds"] for row in rest)
    tokens = statistics.median(row["tokens"] for row in rest)
    out = {"ms": round(1e3 * seconds, 1), "tokens": tokens, "tokens_per_s": round(tokens / seconds),
           "first_ms": round(1e3 * rows[0]["seconds"], 1), "losses": [round(row["loss"], 4) for row in rows[:3] + rows[-1:]],
           "grad_norms": [round(row["grad_norm"], 3) for row in rows[:3]]}
    if "model_seconds" in rows[0]:
        out["ms_without_pictures"] = round(1e3 * statistics.median(row["model_seconds"] for row in rest), 1)
    if summary and pathlib.Path(summary).exists():
        found = json.loads(pathlib.Path(summary).read_text())
        out.update({key: round(value, 4) for key, value in found.items() if key.startswith(("peak", "tower"))})
    print(f"RESULT {label}: {json.dumps(out)}")


def compare(label, tolerance, first, second):
    """compare LABEL TOLERANCE A/train.jsonl B/train.jsonl: losses within the relative tolerance; `same`: all figures equal."""
    a, b = rows_of(first), rows_of(second)
    pairs = list(zip(a, b))
    if not pairs:
        print(f"FAIL {label}: a log is missing")
        return 1
    if tolerance == "same":
        good = len(a) == len(b) and all((x["loss"], x["grad_norm"]) == (y["loss"], y["grad_norm"]) for x, y in pairs)
        print(f"{'ok  ' if good else 'FAIL'} {label}: {len(pairs)} steps, same bits in the log: {good}")
        return 0 if good else 1
    worst = max(abs(x["loss"] - y["loss"]) / abs(y["loss"]) for x, y in pairs)
    good = worst <= float(tolerance)
    print(f"{'ok  ' if good else 'FAIL'} {label}: {len(pairs)} losses, largest relative difference {worst:.2e} (allowed {tolerance})")
    return 0 if good else 1


def stages(label, runs):
    """stages LABEL RUNS: seconds and peak device memory of each stage."""
    for record in sorted(pathlib.Path(runs).glob("stages/*/stage.json")):
        stage = json.loads(record.read_text())
        peak = stage.get("peak_device_memory_bytes", 0) / 2**30
        print(f"RESULT {label} {stage['kind']}: {stage['seconds']:.1f} s, {peak:.2f} GiB of device memory, on {stage.get('device')}")


if __name__ == "__main__":
    sys.exit(globals()[sys.argv[1]](*sys.argv[2:]))
