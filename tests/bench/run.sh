#!/usr/bin/env bash
# `./imp bench`: Google Benchmark programs, then imp beside transformers + PEFT, alternating in one run: training, evaluation.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
cmake --preset release -DIMP_BUILD_BENCHMARKS=ON >/dev/null
ninja -C build/release imp-benchmark imp-report imp-sweep imp-eval imp-eval-run >/dev/null
build/release/bin/imp-benchmark
python3 tests/bench/plan_scale.py
.venv/bin/python tests/bench/peer_step.py --imp build/release/bin/imp-sweep "$@"
.venv/bin/python tests/bench/eval_ratio.py --bin build/release/bin
