#!/bin/sh
# check_no_torch.sh PROGRAM: fails if the program loads LibTorch, directly or through another library.
libraries=$(ldd "$1") || exit 1
if printf '%s\n' "$libraries" | grep -E 'libtorch|libc10'; then
  echo "$1 loads LibTorch; it must start without"
  exit 1
fi
