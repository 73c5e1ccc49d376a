#!/usr/bin/env bash
# Checks of form that need no running program: formatting, direction of includes, licence lines, the build without LibTorch.
# usage: run.sh 0|1 (1: also sanitizers and clang-tidy, which take long)
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
long=${1:-0}
failed=0

mapfile -t sources < <(git ls-files '*.cpp' '*.h')

if command -v clang-format >/dev/null; then
  clang-format --dry-run -Werror "${sources[@]}" || { echo "checks: run clang-format -i on the files above" >&2; failed=1; }
else
  echo "checks: clang-format is missing (package clang-format)" >&2; failed=1
fi

# Who may include whom (DESIGN.md, decision 2). results/ includes none of ours; models/ itself; eval/ models/; harness/ all.
direction() {
  local folder=$1 allowed=$2 found
  found=$(grep -nE '#include "(models|eval|harness|results)/' $(git ls-files "$folder/*.cpp" "$folder/*.h") | grep -vE "#include \"($allowed)/" || true)
  [ -z "$found" ] || { echo "checks: $folder may include $allowed only:" >&2; echo "$found" >&2; failed=1; }
}
direction models models
direction eval 'models|eval'
direction results results
direction harness 'models|eval|harness|results'

for file in "${sources[@]}"; do
  head -1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || { echo "checks: $file: first line must be the SPDX licence line" >&2; failed=1; }
done

# plan, metrics and results must build where there is no LibTorch.
cmake --preset core >/dev/null
ninja -C build/core >build/core/build.log 2>&1 || { grep -E 'error|FAILED' -A3 build/core/build.log >&2; failed=1; }

if [ "$long" = 1 ]; then
  cmake --preset asan-ubsan >/dev/null
  ninja -C build/asan-ubsan >build/asan-ubsan/build.log 2>&1 || failed=1
  ctest --test-dir build/asan-ubsan --output-on-failure -j "$(nproc)" || failed=1
  tests/fuzz/run.sh || failed=1
  cmake --preset tidy >/dev/null
  run-clang-tidy -quiet -p build/tidy "$PWD/(models|eval|harness|results)/.*\.cpp$" || failed=1
fi
exit "$failed"
