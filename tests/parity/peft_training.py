# SPDX-License-Identifier: Apache-2.0
"""LoRA training of a LLaVA with transformers and PEFT, on rows in file order: the reference of the training tests."""
import math

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image

from template import IGNORE, turns_of

STEPS, BATCH, MICRO_BATCH, WARMUP_RATIO = 20, 8, 4, 0.1
LEARNING_RATE, PROJECTOR_LEARNING_RATE = 1e-3, 4e-4


def clip_of(rank):
    """LLaVA's 1.0 clips every step here, and AdamW does not see a factor that all steps share; 6.2 clips some of them."""
    return 1.0 if rank == 4 else 6.2


def make_adapter(model, rank, alpha, folder, seed=3):
    """An adapter with a B that is not zero, so that A has a gradient from the first step."""
    leaves = sorted({name.rsplit(".", 1)[-1] for name, module in model.model.language_model.named_modules()
                     if isinstance(module, torch.nn.Linear)})
    config = LoraConfig(r=rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=rf".*language_model\..*\.({'|'.join(leaves)})")
    torch.manual_seed(seed)
    wrapped = get_peft_model(model, config)
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if ".lora_B." in name:
                weight.normal_(0, 0.05)
    wrapped.save_pretrained(folder)
    return wrapped.unload()


def padded(rows, value):
    width = max(map(len, rows))
    return torch.tensor([row + [value] * (width - len(row)) for row in rows])


def batch_of(rows, template, processor, images):
    encoded = [template.row(turns_of(row["conversations"]), "image" in row) for row in rows]
    batch = {"input_ids": padded([ids for ids, _ in encoded], template.tokenizer.pad_token_id),
             "labels": padded([labels for _, labels in encoded], IGNORE),
             "attention_mask": padded([[1] * len(ids) for ids, _ in encoded], 0)}
    pictures = [Image.open(images / row["image"]).convert("RGB") for row in rows if "image" in row]
    if pictures:
        batch["pixel_values"] = processor(pictures, return_tensors="pt")["pixel_values"]
    return batch, sum(len(ids) for ids, _ in encoded)


def rate_factor(step):
    warmup = math.ceil(WARMUP_RATIO * STEPS)
    if step < warmup:
        return step / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (STEPS - warmup)))


def train(model, adapter, clip, rows, template, processor, images):
    """Returns a record {step, loss, lr, grad_norm, tokens} a step; the loss is the mean of the micro-batches' token means."""
    model.requires_grad_(False)
    model = PeftModel.from_pretrained(model, adapter, is_trainable=True)
    language = [weight for weight in model.parameters() if weight.requires_grad]
    projector = next(module for name, module in model.named_modules() if name.endswith("multi_modal_projector"))
    projector.requires_grad_(True)
    connector = list(projector.parameters())
    optimizer = torch.optim.AdamW([{"params": language, "base": LEARNING_RATE}, {"params": connector, "base": PROJECTOR_LEARNING_RATE}],
                                  betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    model.train()
    steps_an_epoch = -(-len(rows) // BATCH)
    log = []
    for step in range(STEPS):
        begin = step % steps_an_epoch * BATCH
        chosen = rows[begin:begin + BATCH]
        micro = [chosen[i:i + MICRO_BATCH] for i in range(0, len(chosen), MICRO_BATCH)]
        loss_sum, tokens = 0.0, 0
        for part in micro:
            batch, count = batch_of(part, template, processor, images)
            loss = model(**batch).loss / len(micro)
            loss.backward()
            loss_sum, tokens = loss_sum + loss.item(), tokens + count
        norm = torch.nn.utils.clip_grad_norm_(language + connector, clip).item()
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * rate_factor(step)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        log.append({"step": step + 1, "loss": loss_sum, "lr": LEARNING_RATE * rate_factor(step), "grad_norm": norm, "tokens": tokens})
    return log
