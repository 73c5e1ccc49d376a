#!/usr/bin/env bash
# Builds the libFuzzer targets with clang under ASan and UBSan and runs each for a time, from the seeds and from what earlier
# runs found. An input that breaks something is left in build/fuzz/found.
# usage: run.sh [seconds a target, 60]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
seconds=${1:-60}
failed=0

command -v clang++ >/dev/null || { echo "fuzz: clang++ is missing (packages clang, libclang-rt-14-dev)" >&2; exit 3; }
mkdir -p build/fuzz/found
cmake --preset fuzz >build/fuzz/configure.log || { cat build/fuzz/configure.log >&2; exit 3; }
ninja -C build/fuzz fuzzers >build/fuzz/build.log || { grep -E 'error|FAILED' -A5 build/fuzz/build.log >&2; exit 3; }
for name in safetensors gguf tokenizer_json image llava_json; do
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  log=build/fuzz/$name.log
  build/fuzz/tests/fuzz_$name "$corpus" tests/data/fuzz/$name -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 \
    -max_len=65536 -artifact_prefix=build/fuzz/found/$name- -print_final_stats=1 >"$log" 2>&1 || { tail -40 "$log" >&2; failed=1; }
  echo "fuzz: $name: $(grep -oE 'number_of_executed_units: [0-9]+' "$log" || true), $(grep -oE 'cov: [0-9]+' "$log" | tail -1 || true)"
done
exit "$failed"
