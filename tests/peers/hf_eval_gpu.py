#!/usr/bin/env python3
"""hf_eval.py on a GPU: greedy answers of a LLaVA checkpoint with transformers' generate, batched; --device.

    hf_eval_gpu.py CHECKPOINT --questions questions.jsonl --images DIR --out answers.jsonl --batch 16 --max-new-tokens 8

Questions: lines of {"question_id", "image", "question"}; prompts as in hf_common.py, padded on the left, in file order
(--sort-by-length: longest first, the peer's best order). Answers: lines of {"question_id", "prediction", "tokens"} in file order.
--adapter and --projector load what hf_train.py wrote. Prints one JSON line: seconds without loading, questions/s, tokens/s, peak memory.
"""
import argparse
import json
import resource
import time
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("checkpoint", type=Path)
    add("--questions", type=Path, required=True)
    add("--images", type=Path, required=True)
    add("--out", type=Path, required=True)
    add("--adapter", type=Path)
    add("--projector", type=Path)
    add("--batch", type=int, default=16)
    add("--max-new-tokens", type=int, default=8)
    add("--dtype", choices=["float32", "bfloat16"], default="float32")
    add("--sort-by-length", action="store_true")
    add("--threads", type=int)
    add("--device", default="cuda")
    options = parser.parse_args()

    import torch
    from transformers.utils import logging

    import hf_common

    logging.disable_progress_bar()
    if options.threads:
        torch.set_num_threads(options.threads)
    model = hf_common.load_model(options.checkpoint, options.dtype).to(options.device)
    template, pictures = hf_common.load_processors(options.checkpoint, model)
    if options.projector:
        hf_common.load_projector(model, options.projector)
    if options.adapter:
        from peft import PeftModel
        model = PeftModel.from_pretrained(model, options.adapter).merge_and_unload()
    model.eval()
    questions = hf_common.read_json_lines(options.questions)
    eos, pad = template.eos, template.tokenizer.pad_token_id
    begun, answers, made = time.perf_counter(), {}, 0
    prompts = [template.row([(q["question"], None)], "image" in q)[0] for q in questions]
    order = sorted(range(len(questions)), key=lambda i: -len(prompts[i])) if options.sort_by_length else range(len(questions))
    with torch.inference_mode():
        for start in range(0, len(questions), options.batch):
            chosen = [order[i] for i in range(start, min(start + options.batch, len(questions)))]
            ids = hf_common.pad([prompts[i] for i in chosen], pad, "left")
            mask = hf_common.pad([[1] * len(prompts[i]) for i in chosen], 0, "left")
            out = model.generate(input_ids=ids.to(options.device), attention_mask=mask.to(options.device), do_sample=False, max_new_tokens=options.max_new_tokens,
                                 pixel_values=pictures([options.images / questions[i]["image"] for i in chosen]).to(options.device),
                                 eos_token_id=eos, pad_token_id=pad)[:, ids.shape[1]:].tolist()
            for i, row in zip(chosen, out):
                row = row[:row.index(eos)] if eos in row else row
                made += len(row)
                answers[i] = {"question_id": questions[i]["question_id"], "tokens": row,
                              "prediction": template.tokenizer.decode(row, skip_special_tokens=True).strip()}
    seconds = time.perf_counter() - begun
    options.out.write_text("".join(json.dumps(answers[i]) + "\n" for i in range(len(questions))))
    print(json.dumps({"seconds": round(seconds, 3), "questions_per_second": round(len(questions) / seconds, 2),
                      "tokens_per_second": round(made / seconds, 1), "batch": options.batch, "dtype": options.dtype,
                      "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
