// SPDX-License-Identifier: Apache-2.0
#include "models/generation/tensor_pages.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace imp::models {
namespace {

/// The same memory as numbers of 16 bytes where its rows divide into such: a kernel that moves one number a
/// thread then reaches the memory's speed.
at::Tensor in_words(const at::Tensor& x) {
  const int64_t word = 16, size = x.element_size();
  const bool rows_divide = std::all_of(x.strides().begin(), x.strides().end() - 1,
                                       [&](int64_t s) { return s * size % word == 0; });
  const bool divides = rows_divide && x.stride(-1) == 1 && x.size(-1) * size % word == 0 &&
                       x.storage_offset() * size % word == 0;
  return divides ? x.view(at::kComplexDouble) : x;
}

}  // namespace

TensorPages::TensorPages(const PageShape& shape, const at::TensorOptions& options)
    : shape_(shape), options_(options) {}

int64_t TensorPages::page_bytes() const {
  const auto size = static_cast<int64_t>(options_.dtype().itemsize());
  return 2 * shape_.layers * kPageTokens * shape_.kv_heads * shape_.head_dim * size;
}

void TensorPages::reserve(int64_t pages) {
  keys_ = at::empty({shape_.layers, pages * kPageTokens, shape_.kv_heads, shape_.head_dim}, options_);
  values_ = at::empty_like(keys_);
  for (int64_t layer = 0; layer < shape_.layers; ++layer)
    layers_.push_back({keys_.select(0, layer), values_.select(0, layer)});
}

void TensorPages::copy(const std::vector<int32_t>& from, const std::vector<int32_t>& to, int64_t tokens) {
  const auto count = static_cast<size_t>(pages_for(tokens));
  for (size_t begin = 0; begin < count;) {
    size_t end = begin + 1;
    while (end < count && from[end] == from[end - 1] + 1 && to[end] == to[end - 1] + 1) ++end;
    const auto slots = static_cast<int64_t>(end - begin) * kPageTokens;
    for (const at::Tensor& all : {keys_, values_})
      all.narrow(1, to[begin] * kPageTokens, slots).copy_(all.narrow(1, from[begin] * kPageTokens, slots));
    begin = end;
  }
}

at::Tensor gather_rows(const at::Tensor& cache, const at::Tensor& slots) {
  return in_words(cache).index_select(0, slots).view(cache.scalar_type());
}

}  // namespace imp::models
