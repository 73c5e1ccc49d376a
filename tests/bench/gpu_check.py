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


def many_pictures(data, out, pictures, questions):
    """many_pictures DATA OUT PICTURES QUESTIONS: JPEG copies of a data set's pictures under other names, a training row each and
    TextVQA annotations with so many questions a picture, the same questions for imp and its peer."""
    import shutil

    from PIL import Image

    data, out, pictures, questions = pathlib.Path(data), pathlib.Path(out), int(pictures), int(questions)
    rows = json.loads((data / "train.json").read_text())
    (out / "images").mkdir(parents=True, exist_ok=True)
    train, asked, lines = [], [], []
    for i in range(pictures):
        row, name = rows[i % len(rows)], f"{i:06d}"
        target = out / "images" / f"{name}.jpg"
        first = out / "images" / f"{i % len(rows):06d}.jpg"
        if target == first:
            Image.open(data / "images" / row["image"]).convert("RGB").save(target, quality=90)
        else:
            shutil.copy(first, target)
        train.append({"id": name, "image": f"{name}.jpg", "conversations": row["conversations"][:2]})
        for turn in range(questions):
            question = row["conversations"][2 * turn % len(row["conversations"])]["value"].replace("<image>\n", "")
            answer = row["conversations"][2 * turn % len(row["conversations"]) + 1]["value"]
            asked.append({"question_id": len(asked), "image_id": name, "question": question, "answers": [answer] * 10})
            lines.append({"question_id": len(lines), "image": f"{name}.jpg", "question": question})
    (out / "train.json").write_text(json.dumps(train))
    (out / "textvqa.json").write_text(json.dumps({"dataset_version": "0.5.1", "data": asked}))
    (out / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def split(checkpoint, out):
    """split CHECKPOINT OUT: its language model and its vision tower as directories of their own, OUT/llm and OUT/encoder."""
    import shutil

    from safetensors import safe_open
    from safetensors.torch import save_file

    checkpoint, out = pathlib.Path(checkpoint), pathlib.Path(out)
    config = json.loads((checkpoint / "config.json").read_text())
    for part, key, marks in (("llm", "text_config", ("language_model.", "lm_head.")), ("encoder", "vision_config", ("vision_tower.",))):
        folder, tensors = out / part, {}
        folder.mkdir(parents=True, exist_ok=True)
        for file in checkpoint.glob("*.safetensors"):
            with safe_open(file, "pt") as weights:
                for name in weights.keys():
                    if not any(mark in name for mark in marks):
                        continue
                    inner = name.removeprefix("model.")
                    if part == "llm":
                        inner = inner.removeprefix("language_model.")
                        inner = inner if inner.startswith(("model.", "lm_head.")) else "model." + inner
                    else:
                        inner = inner.removeprefix("vision_tower.").removeprefix("vision_model.")
                        inner = "vision_model." + inner
                    tensors[inner] = weights.get_tensor(name)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        described = dict(config[key])
        described["architectures"] = {"phi": ["PhiForCausalLM"], "llama": ["LlamaForCausalLM"]}.get(described["model_type"], ["SiglipVisionModel"])
        (folder / "config.json").write_text(json.dumps(described))
        for name in ("tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"):
            if (checkpoint / name).exists():
                shutil.copy(checkpoint / name, folder)


def chain(out, models, data, device):
    """chain OUT MODELS DATA DEVICE: a sweep of the whole chain: features, stage 1, stage 2, evaluation, table."""
    pathlib.Path(out).write_text(f"""version: 1
name: chain
baseline: {{llm: {models}/llm, encoder: {models}/encoder, finetune: lora, lora_rank: 256, lora_alpha: 256, conversation: bare_v1,
  connector_data: {{json: {data}/train.json, images: {data}/images}}, connector_max_steps: 4, connector_batch_size: 8,
  connector_micro_batch: 8, finetune_data: {{json: {data}/train.json, images: {data}/images}}, max_steps: 4, batch_size: 8,
  micro_batch: 8, dtype: bfloat16, device: {device}, max_new_tokens: 8}}
vary: {{grid: {{lora_rank: [256]}}}}
seeds: [1]
benchmarks:
  - {{name: textvqa, annotations: {data}/textvqa.json, images: {data}/images}}
""")


def logits(label, first, second):
    """logits LABEL A B: imp's logits on two devices, float32."""
    from safetensors.torch import load_file

    a, b = load_file(first)["logits"], load_file(second)["logits"]
    worst = float(((a - b).norm(dim=1) / b.norm(dim=1)).max())
    print(f"{'ok  ' if worst < 1e-4 else 'FAIL'} {label}: logits, largest relative difference {worst:.2e} (allowed 1e-4)")
    return 0 if worst < 1e-4 else 1


def parity(label, checkpoint, questions, images, logits_file, answers_file):
    """parity LABEL CHECKPOINT QUESTIONS IMAGES LOGITS ANSWERS: imp's logits and greedy tokens on the GPU against transformers' on
    the CPU, both float32."""
    import torch
    from safetensors.torch import load_file

    sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
    import hf_common

    model = hf_common.load_model(pathlib.Path(checkpoint), "float32").eval()
    template, pictures = hf_common.load_processors(pathlib.Path(checkpoint), model)
    logits, worst, same = load_file(logits_file)["logits"], 0.0, 0
    answers = {str(row["question_id"]): row["tokens"] for row in rows_of(answers_file)}
    with torch.inference_mode():
        for i, row in enumerate(rows_of(questions)):
            ids = torch.tensor([template.row([(row["question"], None)], True)[0]])
            pixels = pictures([pathlib.Path(images) / row["image"]])
            expected = model(input_ids=ids, pixel_values=pixels).logits[0, -1]
            worst = max(worst, float((logits[i] - expected).norm() / expected.norm()))
            tokens = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels, do_sample=False,
                                    max_new_tokens=12, eos_token_id=template.eos)[0, ids.shape[1]:].tolist()
            tokens = tokens[:tokens.index(template.eos)] if template.eos in tokens else tokens
            same += tokens == answers.get(str(row["question_id"]))
    print(f"{'ok  ' if worst < 1e-4 else 'FAIL'} {label}: logits, largest relative difference of {len(logits)} rows {worst:.2e} (allowed 1e-4)")
    print(f"{'ok  ' if same == len(logits) else 'FAIL'} {label}: {same} of {len(logits)} greedy answers have the same tokens")
    return 0 if worst < 1e-4 and same == len(logits) else 1


if __name__ == "__main__":
    sys.exit(globals()[sys.argv[1]](*sys.argv[2:]))
