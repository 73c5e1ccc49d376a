// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "models/config/model_config.h"

namespace imp::harness {

/// What of a training step decides how much memory it takes.
struct TrainingLoad {
  models::TextConfig text;
  int64_t vision_hidden = 0;
  int64_t tokens = 0;        ///< of the largest micro-batch
  int64_t supervised = 0;    ///< of them
  int64_t image_tokens = 0;  ///< of them
  bool bfloat16 = false;     ///< of frozen weights and activations; what is trained has float32 masters
  std::string finetune;      ///< lora, full or projector
  int64_t lora_rank = 0;
  std::string lora_targets;  ///< regex; empty: all linear layers of the blocks
  bool lora_dropout = false;
  bool recompute = false;        ///< of blocks
  bool accumulates = false;      ///< several micro-batches a step, whose gradients are added up
  bool keeps_activated = false;  ///< GELU's output is kept where models/ makes it again (on a GPU)
  bool recorded = false;         ///< passes are CUDA graphs (harness/train/step_graphs.h)
  int64_t encoder_bytes = 0;     ///< of a GPU, by an encoder that computes features beside the training
};

/// Resident memory of imp-sweep with LibTorch loaded, measured.
inline constexpr int64_t kIdleProgram = int64_t{330} << 20;

/// Bytes, by what holds them.
struct MemoryEstimate {
  int64_t program = 0;  ///< LibTorch and the rest of an idle process
  int64_t frozen_weights = 0;
  int64_t trained_weights = 0;  ///< masters and two AdamW moments
  int64_t activations = 0;      ///< kept for the backward pass, its own, and the gradients that it leaves

  [[nodiscard]] int64_t total() const { return program + frozen_weights + trained_weights + activations; }
};

/// Peak memory of training on a CPU, from what models/ keeps for its backward pass; within a tenth of what
/// was measured for nine shapes (tests/bench/memory_prediction.py) and Phi-2's. Throws imp::Error (usage) if
/// lora_targets is no regular expression.
[[nodiscard]] MemoryEstimate estimate_training_memory(const TrainingLoad& load);

}  // namespace imp::harness
