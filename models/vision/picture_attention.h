// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace imp::models {

/// Attention of each picture's tokens among themselves, for towers that are only asked: query, key and value
/// [pictures * tokens, heads * dim] float32 on the CPU -> the same shape. A picture's bits do not depend on
/// the pictures beside it (layers/page_attention.h). Runs on the calling thread. Not differentiable.
[[nodiscard]] at::Tensor picture_attention(const at::Tensor& query, const at::Tensor& key,
                                           const at::Tensor& value, int64_t pictures, int64_t heads);

}  // namespace imp::models
