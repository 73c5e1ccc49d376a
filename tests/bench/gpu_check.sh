#!/usr/bin/env bash
# imp on a machine with a GPU: do its results hold there, and how fast is it beside transformers + PEFT. Runs in the folder that
# gpu_pack.sh has made; needs python3 with torch, transformers, peft and Pillow, no toolkit and no network.
#   bash gpu_check.sh [PART ...]     parts: tests parity resume lora small tower answers chain llama (all but llama by default)
# Logs go to $OUT (default ./out). Nothing begins after BUDGET seconds (default 240).
cd "$(dirname "$(readlink -f "$0")")" || exit 1
HERE=$PWD
OUT=${OUT:-$HERE/out}; mkdir -p "$OUT"
BUDGET=${BUDGET:-240}
LIMIT=${LIMIT:-60}
W=${SCRATCH:-/dev/shm/imp_gpu_check}; mkdir -p "$W"
PARTS=${*:-tests parity resume lora small tower answers chain}
TOOLS="python3 $HERE/gpu_check.py"
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1
say() { printf '\n=== [%4ds] %s\n' "$SECONDS" "$*"; }
wants() { [[ " $PARTS " == *" $1 "* ]] || return 1; [ "$SECONDS" -lt "$BUDGET" ] || { echo "(left out: no time for $1)"; return 1; }; }
# imp PROGRAM ARGS: with the wheel's libraries and Debian's
TORCH=$(python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])")
LIBRARIES="$TORCH/lib:$(ls -d "$TORCH"/../nvidia/*/lib 2>/dev/null | tr '\n' ':')$HERE/lib"
imp() { local program=$1; shift; LD_LIBRARY_PATH=$LIBRARIES timeout "${LIMIT:-60}" "$HERE/bin/$program" "$@"; }
# checkpoint SHAPE: random weights, made once
checkpoint() {
  [ -e "$W/$1/made" ] && return
  timeout 120 python3 peers/make_checkpoint_gpu.py "$1" "$W/$1" --seed 3 >"$OUT/$1.checkpoint.log" 2>&1 && touch "$W/$1/made" || tail -3 "$OUT/$1.checkpoint.log"
}
# train LABEL CHECKPOINT DATA STEPS ROWS DTYPE DEVICE [KEY=VALUE ...]: a LoRA cell of imp's
train() {
  local label=$1 begun=$SECONDS
  $TOOLS sweep "$W/$label.yaml" "$@"
  rm -rf "$W/runs-$label"
  imp imp-sweep "$W/$label.yaml" --runs "$W/runs-$label" --db "$W/$label.db" >"$OUT/$label.log" 2>&1 </dev/null ||
    { echo "FAIL $label: exit $?"; tr '\r' '\n' <"$OUT/$label.log" | grep -v 'tokens/s' | tail -3; }
  cp "$(find "$W/runs-$label" -path '*finetune*' -name train.jsonl | head -1)" "$OUT/$label.train.jsonl" 2>/dev/null
  $TOOLS step "$label" "$OUT/$label.train.jsonl"
  $TOOLS stages "$label" "$W/runs-$label" | grep finetune
  echo "whole command: $((SECONDS - begun)) s"
}
# peer LABEL CHECKPOINT DATA STEPS ROWS DTYPE
peer() {
  [ -n "${NO_PEER:-}" ] && return
  timeout 90 python3 peers/hf_train_gpu.py "$2" --data "$3/train.json" --images "$3/images" --rank 256 --no-shuffle --max-steps "$4" \
    --micro-batch "$5" --dtype "$6" --loss-normalization global_batch --out "$W/$1" >"$OUT/$1.log" 2>&1 || tail -3 "$OUT/$1.log"
  cp "$W/$1/train.jsonl" "$OUT/$1.train.jsonl" 2>/dev/null
  $TOOLS step "$1" "$OUT/$1.train.jsonl" "$W/$1/summary.json"
}
SPEED=$HERE/data/speed PHOTOS=$HERE/data/photos PHI=$W/phi2-siglip

say "machine"
nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used --format=csv,noheader
echo "$(nproc) cores,$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"
imp imp-sweep doctor --runs "$W/doctor" 2>&1 | grep -iE 'gpu|torch|dtype'
if [[ " $PARTS " =~ \ (lora|tower|answers|chain)\  ]]; then checkpoint phi2-siglip & MAKING=$!; fi

if wants tests; then
  say "device tests"
  imp gpu_generation_test 2>&1 | grep -E 'FAILED|PASSED|Failure|actual' | head -20
  imp gpu_test 2>&1 | grep -E 'FAILED|PASSED|Failure|rotary of|Which|actual' | head -20
fi
if wants parity; then
  say "parity with transformers, and of 20 LoRA losses with the CPU's (which CI holds to transformers + PEFT), float32"
  for shape in tiny-phi-siglip tiny-llama-clip; do
    checkpoint $shape
    head -32 "$SPEED/questions.jsonl" >"$W/questions.jsonl"
    imp imp-model logits "$W/$shape" --requests "$W/questions.jsonl" --images "$SPEED/images" --device cuda -o "$W/$shape.safetensors"
    imp imp-model generate "$W/$shape" --requests "$W/questions.jsonl" --images "$SPEED/images" --device cuda --max-new-tokens 12 >"$W/$shape.jsonl"
    imp imp-model logits "$W/$shape" --requests "$W/questions.jsonl" --images "$SPEED/images" --device cpu -o "$W/$shape.cpu.safetensors"
    $TOOLS logits "$shape: GPU and CPU" "$W/$shape.safetensors" "$W/$shape.cpu.safetensors"
    $TOOLS parity $shape "$W/$shape" "$W/questions.jsonl" "$SPEED/images" "$W/$shape.safetensors" "$W/$shape.jsonl" 2>/dev/null
    train "$shape" "$W/$shape" "$SPEED" 20 4 float32 cuda
    train "$shape-cpu" "$W/$shape" "$SPEED" 20 4 float32 cpu
    $TOOLS compare "$shape: 20 LoRA losses" 1e-4 "$OUT/$shape.train.jsonl" "$OUT/$shape-cpu.train.jsonl"
  done
fi
if wants resume; then
  say "kill and resume: the same bits"
  checkpoint smol-135m
  train whole "$W/smol-135m" "$SPEED" 24 8 bfloat16 cuda checkpoint_every=4
  $TOOLS sweep "$W/killed.yaml" whole "$W/smol-135m" "$SPEED" 24 8 bfloat16 cuda checkpoint_every=4
  rm -rf "$W/runs-killed"
  LD_LIBRARY_PATH=$LIBRARIES "$HERE/bin/imp-sweep" "$W/killed.yaml" --runs "$W/runs-killed" --db "$W/killed.db" >"$OUT/killed.log" 2>&1 &
  VICTIM=$!
  for _ in $(seq 200); do
    sleep 0.05
    LINES=$(cat "$W"/runs-killed/stages/.making-finetune*/train.jsonl 2>/dev/null | wc -l)
    [ "$LINES" -ge 10 ] && { kill -9 $VICTIM; break; }
  done
  wait $VICTIM 2>/dev/null; echo "killed after step $LINES"
  imp imp-sweep "$W/killed.yaml" --runs "$W/runs-killed" --db "$W/killed.db" >>"$OUT/killed.log" 2>&1
  cp "$(find "$W/runs-killed" -path '*finetune*' -name train.jsonl | head -1)" "$OUT/killed.train.jsonl"
  $TOOLS compare "losses and norms" same "$OUT/whole.train.jsonl" "$OUT/killed.train.jsonl"
  A=$(find "$W/runs-whole" -name adapter_model.safetensors | head -1) B=$(find "$W/runs-killed" -name adapter_model.safetensors | head -1)
  cmp -s "$A" "$B" && echo "ok   adapters: the same bits" || echo "FAIL adapters: differ"
fi
[ -n "${MAKING:-}" ] && wait "$MAKING"
if wants lora; then
  say "LoRA step, Phi-2 + SigLIP-SO400M, rank 256, bfloat16"
  train phi-4 "$PHI" "$PHOTOS" 12 4 bfloat16 cuda
  peer phi-4-peer "$PHI" "$PHOTOS" 9 4 bfloat16
  train phi-8 "$PHI" "$PHOTOS" 8 8 bfloat16 cuda
  train phi-8-loose "$PHI" "$PHOTOS" 8 8 bfloat16 cuda deterministic=false
  peer phi-8-peer "$PHI" "$PHOTOS" 8 8 bfloat16
  train phi-16 "$PHI" "$PHOTOS" 8 16 bfloat16 cuda
  python3 - <<'P'
import time, torch
a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
for _ in range(3): a @ b
torch.cuda.synchronize(); begun = time.perf_counter()
for _ in range(20): a @ b
torch.cuda.synchronize()
print(f"RESULT product of 8192^3 in bfloat16: {20 * 2 * 8192**3 / (time.perf_counter() - begun) / 1e12:.0f} TFLOP/s")
P
fi
if wants small; then
  say "SmolLM2-135M's shape, 16 rows; a small step"
  checkpoint smol-135m; checkpoint tiny-phi-siglip
  train smol "$W/smol-135m" "$SPEED" 14 16 bfloat16 cuda
  peer smol-peer "$W/smol-135m" "$SPEED" 12 16 bfloat16
  train tiny "$W/tiny-phi-siglip" "$SPEED" 14 16 float32 cuda
  peer tiny-peer "$W/tiny-phi-siglip" "$SPEED" 12 16 float32
fi
if wants answers; then
  say "questions a second, 8 tokens, bfloat16"
  $TOOLS many_pictures "$PHOTOS" "$W/one" 256 1
  $TOOLS many_pictures "$PHOTOS" "$W/eight" 64 8
  # imp says its own rate, loading left out as in the peer's; the comparison of answers asked alone comes after it.
  for set in one eight; do
    rm -rf "$W/asked"
    imp imp-eval-run "$PHI" --benchmark textvqa --annotations "$W/$set/textvqa.json" --images "$W/$set/images" --dtype bfloat16 --device cuda \
      --max-new-tokens 8 -o "$W/asked" >"$OUT/ask-$set.log" 2>&1 || tail -2 "$OUT/ask-$set.log"
    tr '\r' '\n' <"$OUT/ask-$set.log" | grep -E 'questions/s|differ' | sed "s/^/RESULT imp, $set a picture: /"
    timeout 60 python3 peers/hf_eval_gpu.py "$PHI" --questions "$W/$set/questions.jsonl" --images "$W/$set/images" --out "$W/$set.peer.jsonl" \
      --max-new-tokens 8 --batch 64 --dtype bfloat16 2>"$OUT/hf-$set.log" | tail -1 | sed "s/^/RESULT peer, $set a picture: /"
  done
fi
if wants tower; then
  say "tower: SigLIP-SO400M/384 from JPEG files"
  $TOOLS many_pictures "$PHOTOS" "$W/many" 3072 1
  $TOOLS sweep "$W/tower.yaml" tower "$PHI" "$W/many" 1 1 bfloat16 cuda
  rm -rf "$W/runs-tower"
  imp imp-sweep "$W/tower.yaml" --runs "$W/runs-tower" --db "$W/tower.db" >"$OUT/tower.log" 2>&1 || tail -2 "$OUT/tower.log"
  $TOOLS stages "tower, 3072 pictures:" "$W/runs-tower" | grep -E 'features|pictures'
  rm -rf "$W/runs-tower"
fi
if wants chain; then
  say "the whole chain at the real shape"
  [ -e "$W/parts/llm/config.json" ] || $TOOLS split "$PHI" "$W/parts"
  [ -e "$W/eight/train.json" ] || $TOOLS many_pictures "$PHOTOS" "$W/eight" 64 8
  $TOOLS chain "$W/chain.yaml" "$W/parts" "$W/eight" cuda
  rm -rf "$W/runs-chain"
  imp imp-sweep plan "$W/chain.yaml" --runs "$W/runs-chain" --db "$W/chain.db" 2>&1 | grep -iE 'device|GiB|features' | head -12
  imp imp-sweep "$W/chain.yaml" --runs "$W/runs-chain" --db "$W/chain.db" 2>"$OUT/chain.log" | head -12 || tail -3 "$OUT/chain.log"
  $TOOLS stages chain "$W/runs-chain"
fi
if wants llama; then
  say "LLaMA-7B's shape with CLIP-L/336, rank 128, blocks recomputed, one row"
  checkpoint llama7b-clip
  train llama7b "$W/llama7b-clip" "$PHOTOS" 4 1 bfloat16 cuda lora_rank=128 lora_alpha=128 recompute=blocks
fi
say "done"
