// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/lora/peft_adapter.h"

namespace imp::models {

/// A view of a tensor of an adapter's file.
[[nodiscard]] at::Tensor whole_tensor(const StoredTensor& stored);

/// A view of it, of this shape. Throws imp::Error (usage) naming it if it has another.
[[nodiscard]] at::Tensor read_tensor(const StoredTensor& stored, const std::vector<int64_t>& shape);

/// Throws the error of read_tensor.
[[noreturn]] void refuse_shape(const StoredTensor& stored, const std::vector<int64_t>& shape);

}  // namespace imp::models
