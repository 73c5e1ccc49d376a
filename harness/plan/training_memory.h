// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "harness/plan/expand.h"
#include "harness/plan/memory_estimate.h"
#include "harness/plan/trial_models.h"
#include "models/conversation/conversation_template.h"

namespace imp::harness {

/// Estimates the memory of trials' trainings, reading each model and each file of rows once.
class TrainingMemory {
 public:
  explicit TrainingMemory(const SweepSpec& spec) : spec_(spec) {}

  enum class Training { connector, finetune };

  /// What decides how much memory a training of a trial takes. computes_features: on a GPU the encoder stands
  /// beside it. `dtype: auto` counts as float32. What is equal is the same object. Throws imp::Error (usage)
  /// for what the stage itself would refuse.
  [[nodiscard]] const TrainingLoad& load_of(const Trial& trial, Training training, bool computes_features);

 private:
  /// Tokens of the largest micro-batch.
  struct Batch {
    int64_t tokens = 0, supervised = 0;
  };
  /// What a training takes rows from, and how.
  struct Rows {
    const DataSource& source;
    int64_t micro_batch;
    models::ConversationTemplate conversation;
    bool isolated;
    int64_t rendered_text, rendered_labels;  ///< of a rendered row, in tokens beside the picture's
  };

  [[nodiscard]] static Rows rows_of(const TrialConfig& config, Training training);
  [[nodiscard]] Batch largest_batch(const Rows& rows, const std::filesystem::path& llm, int64_t image_tokens,
                                    int64_t max_length);
  [[nodiscard]] static Batch batch_of_longest_rows(const Rows& rows, const std::filesystem::path& llm,
                                                   int64_t image_tokens, int64_t max_length);

  [[nodiscard]] const ModelDirectories& directories_of(const Trial& trial);

  const SweepSpec& spec_;
  std::map<std::string, ModelDirectories> directories_;  ///< by the values that name them
  std::map<std::string, Batch> batches_;                 ///< by what they depend on
  std::map<std::string, TrainingLoad> loads_;            ///< likewise
};

}  // namespace imp::harness
