// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/plan/memory_estimate.h"

namespace imp::harness {

/// Peak memory that training takes of a GPU, from what models/ keeps there for its backward pass: packed rows
/// without padding, attention of variable length, logits at labels only. `program` is CUDA's context and
/// workspaces. Throws imp::Error (usage) if lora_targets is no regular expression.
[[nodiscard]] MemoryEstimate estimate_device_memory(const TrainingLoad& load);

/// Pictures that go through an encoder at once.
inline constexpr int64_t kPicturesAtOnce = 64;

/// Peak memory of an encoder that is only asked for the features of so many pictures at once, in its
/// process's memory or a GPU's.
[[nodiscard]] MemoryEstimate estimate_encoder_memory(const models::VisionConfig& vision, int64_t pictures,
                                                     bool bfloat16, bool on_gpu);

}  // namespace imp::harness
