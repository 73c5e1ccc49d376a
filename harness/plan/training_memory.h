// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "harness/plan/expand.h"
#include "harness/plan/memory_estimate.h"

namespace imp::harness {

/// Estimates the memory of trials' second stage, reading each model and each file of rows once.
class TrainingMemory {
 public:
  explicit TrainingMemory(const SweepSpec& spec) : spec_(spec) {}

  /// `dtype: auto` counts as float32. Throws imp::Error (usage) for what the stage itself would refuse.
  [[nodiscard]] MemoryEstimate of(const Trial& trial);

 private:
  /// Tokens of the largest micro-batch.
  struct Batch {
    int64_t tokens = 0, supervised = 0;
  };

  [[nodiscard]] Batch largest_batch(const TrialConfig& config, const std::filesystem::path& llm,
                                    int64_t image_tokens);
  [[nodiscard]] static Batch batch_of_longest_rows(const TrialConfig& config,
                                                   const std::filesystem::path& llm, int64_t image_tokens);

  const SweepSpec& spec_;
  std::map<std::string, Batch> batches_;             ///< by what they depend on
  std::map<std::string, MemoryEstimate> estimates_;  ///< likewise
};

}  // namespace imp::harness
