#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a tiny checkpoint, its data and all that transformers and PEFT answer about them.

    make_case.py CASE FOLDER --ranks 4 32

FOLDER gets checkpoint/, language_model/, tower/, adapter_r<rank>/, images/, train.json, requests.jsonl, text_requests.jsonl,
and reference/ with logits, greedy tokens, rows, pixels, features and the log of each training.
"""
import argparse
import json
import shutil
from pathlib import Path

import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

import peft_training
import tiny_data
import tiny_models
from template import Template, turns_of

MAX_NEW_TOKENS = 8


def pixels(processor, path):
    return processor([Image.open(path).convert("RGB")], return_tensors="pt")["pixel_values"]


@torch.inference_mode()
def ask(model, template, processor, requests, images, generates=True, beams=1):
    """Each request on its own, without padding. Returns ([requests, vocab] logits, records of the answers if it generates)."""
    logits, answers = [], []
    eos = template.tokenizer.eos_token_id
    for request in requests:
        ids, _ = template.row([(request["question"], None)], "image" in request)
        inputs = {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids), dtype=torch.long)}
        if "image" in request:
            inputs["pixel_values"] = pixels(processor, images / request["image"]).to(model.dtype)
        logits.append(model(**inputs).logits[0, -1])
        if not generates:
            continue
        made = model.generate(**inputs, do_sample=False, num_beams=beams, max_new_tokens=MAX_NEW_TOKENS, eos_token_id=eos,
                              pad_token_id=template.tokenizer.pad_token_id)[0, len(ids):].tolist()
        made = made[:made.index(eos)] if eos in made else made
        answers.append({"question_id": request["question_id"], "tokens": made,
                        "prediction": template.tokenizer.decode(made, skip_special_tokens=True).strip()})
    return torch.stack(logits), answers


def llava_references(case, folder, data):
    model, tokenizer, processor = tiny_models.make_llava(case, folder / "checkpoint")
    template = Template(tokenizer, model.config.image_token_id, model.config.image_seq_length)
    logits, answers = ask(model, template, processor, data["requests"], folder / "images")
    _, beam_answers = ask(model, template, processor, data["requests"], folder / "images", beams=tiny_data.BEAMS)
    tiny_data.write_json_lines(folder / "reference/beam_answers.jsonl", beam_answers)
    save_file({"logits": logits}, folder / "reference/logits.safetensors")
    tiny_data.write_json_lines(folder / "reference/answers.jsonl", answers)
    rows = [template.row(turns_of(row["conversations"]), "image" in row) for row in data["rows"]]
    tiny_data.write_json_lines(folder / "reference/rows.jsonl", [{"ids": ids, "labels": labels} for ids, labels in rows])
    (folder / "reference/image_token.json").write_text(json.dumps(model.config.image_token_id))
    save_file({"pixel_values": pixels(processor, folder / "images" / data["pictures"][0])[0].contiguous()},
              folder / "reference/pixels.safetensors")
    tiny_data.write_json_lines(folder / "reference/unicode_ids.jsonl", [template.ids(line) for line in tiny_data.UNICODE])
    return template, processor


@torch.inference_mode()
def language_model_references(case, folder, data):
    model, tokenizer = tiny_models.make_language_model(case, folder / "language_model")
    logits, answers = ask(model, Template(tokenizer, None, 0), None, data["text_requests"], None)
    save_file({"logits": logits}, folder / "reference/text_logits.safetensors")
    tiny_data.write_json_lines(folder / "reference/text_answers.jsonl", answers)


@torch.inference_mode()
def tower_references(case, folder, data):
    model = tiny_models.make_tower(case, folder / "tower")
    blocks = next(part for part in model.modules() if isinstance(part, torch.nn.ModuleList))
    norm = next(part for name, part in model.named_modules() if name.rsplit(".", 1)[-1] in ("post_layernorm", "layernorm"))
    states, first = {}, lambda value: (value[0] if isinstance(value, tuple) else value)[0].clone(memory_format=torch.contiguous_format)
    for index, block in enumerate(blocks):
        block.register_forward_pre_hook(lambda _, inputs, i=index: states.update({f"hidden_states.{i}": first(inputs)}))
    blocks[-1].register_forward_hook(lambda _, inputs, out: states.update({f"hidden_states.{len(blocks)}": first(out)}))
    model(pixels(tiny_models.image_processor(case), folder / "images" / data["pictures"][0]))
    states["last_hidden_state"] = norm(states[f"hidden_states.{len(blocks)}"])
    save_file(states, folder / "reference/tower.safetensors")


def training_references(folder, ranks, data, template, processor):
    from transformers import LlavaForConditionalGeneration

    for rank in ranks:
        load = lambda: LlavaForConditionalGeneration.from_pretrained(folder / "checkpoint", dtype=torch.float32)
        adapter = folder / f"adapter_r{rank}"
        peft_training.make_adapter(load(), rank, alpha=rank if rank > 8 else 2 * rank, folder=adapter)
        log = peft_training.train(load(), adapter, peft_training.clip_of(rank), data["rows"], template, processor, folder / "images")
        tiny_data.write_json_lines(folder / f"reference/train_r{rank}.jsonl", log)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=tiny_models.CASES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ranks", type=int, nargs="+", default=[8])
    parser.add_argument("--generation", help="of transformers that PYTHONPATH is expected to bring")
    options = parser.parse_args()
    if options.generation and transformers.__version__.split(".")[0] != options.generation:
        parser.error(f"transformers {transformers.__version__} was found; ./imp test installs requirements-transformers4.txt")
    torch.set_num_threads(1)
    case, folder = tiny_models.CASES[options.case], options.folder
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "reference").mkdir(parents=True)
    pictures = tiny_data.make_pictures(folder / "images", count=9, seed=21)
    # 46 rows make a last batch of 6 and a last micro-batch of 2.
    data = {"pictures": pictures, "rows": tiny_data.make_rows(pictures, 46, seed=22),
            "requests": tiny_data.make_requests(pictures, 24, seed=23), "text_requests": tiny_data.make_requests([""], 8, seed=24)}
    for request in data["text_requests"]:
        request.pop("image", None)
    (folder / "train.json").write_text(json.dumps(data["rows"], indent=1))
    tiny_data.write_json_lines(folder / "requests.jsonl", data["requests"])
    tiny_data.write_json_lines(folder / "text_requests.jsonl", data["text_requests"])
    (folder / "unicode.txt").write_text("".join(line + "\n" for line in tiny_data.UNICODE))
    template, processor = llava_references(case, folder, data)
    language_model_references(case, folder, data)
    tower_references(case, folder, data)
    training_references(folder, options.ranks, data, template, processor)


if __name__ == "__main__":
    main()
