// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "harness/train/optimizer.h"

namespace imp::harness {

/// How far a training run has come, beside the optimizer's tensors.
struct TrainingProgress {
  int64_t steps = 0, tokens = 0;
  int64_t log_bytes =
      0;  ///< length of train.jsonl at this step; what is beyond belongs to steps that will be repeated
  double seconds = 0.0;
  std::optional<double> last_loss;  ///< of the last step that had one
  int64_t steps_without_loss = 0;
  double flops = 0.0;  ///< of all steps; not a number where unknown
};

/// Writes parameters, optimizer state and progress as one file, whole or not at all.
void save_checkpoint(const std::filesystem::path& file, Optimizer& optimizer,
                     const TrainingProgress& progress);

/// Restores the optimizer's tensors in place; nothing if there is no checkpoint.
/// Throws imp::Error (usage) if the checkpoint belongs to other parameters.
[[nodiscard]] std::optional<TrainingProgress> load_checkpoint(const std::filesystem::path& file,
                                                              Optimizer& optimizer);

}  // namespace imp::harness
