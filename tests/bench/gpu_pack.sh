#!/usr/bin/env bash
# Packs what gpu_check.sh needs on a machine with a GPU that has python3 with torch, transformers and peft but no toolkit, no
# Debian libraries and no network:  tests/bench/gpu_pack.sh [BUILD] [OUT]   (build/release, build/gpu_check)
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
BUILD=${1:-build/release}
OUT=${2:-build/gpu_check}
PROGRAMS=(bin/libimp_cuda_graph.so bin/imp-sweep bin/imp-model bin/imp-eval bin/imp-eval-run bin/imp-report tests/gpu_test tests/gpu_generation_test)
rm -rf "$OUT"
mkdir -p "$OUT/bin" "$OUT/lib" "$OUT/peers"
for program in "${PROGRAMS[@]}"; do
  [ -e "$BUILD/$program" ] && strip -o "$OUT/bin/$(basename "$program")" "$BUILD/$program"
done
# Debian's libraries go along; the C and C++ libraries and LibTorch's are that machine's own.
for program in "$OUT"/bin/[!l]*; do
  ldd "$BUILD/bin/$(basename "$program")" 2>/dev/null || ldd "$BUILD/tests/$(basename "$program")"
done | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
  grep -vE '/(libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|ld-linux[^/]*|libtorch[^/]*|libc10|libgomp[^/]*|libutil|libcu[^/]*|libnv[^/]*)(-[0-9a-f]+)?\.so' |
  xargs -I{} cp -L {} "$OUT/lib/"
cp tests/peers/*.py "$OUT/peers/"
cp tests/bench/gpu_check.sh tests/bench/gpu_check.py "$OUT/"
.venv/bin/python tests/peers/make_data.py "$OUT/data/speed" --images 64 --turns 3 --seed 1 >/dev/null
.venv/bin/python tests/peers/make_data.py "$OUT/data/photos" --images 64 --turns 6 --questions-per-image 8 --size 640x480 --verbose --seed 2 >/dev/null
du -sh "$OUT"
