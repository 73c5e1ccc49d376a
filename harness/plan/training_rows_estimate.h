// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/plan/trial_config.h"

namespace imp::harness {

/// How many rows a training reads, and what an average one is. In tokens of text, so beside a picture's.
struct RowsEstimate {
  double rows = 0;
  double text_tokens = 0;
  double supervised = 0;  ///< of them
  double pictures = 0;    ///< a row
};

/// Estimates rows of rendered data by what they are, and those of a user's file by its front. Each file is
/// looked at once.
class RowsEstimator {
 public:
  /// Of stage 2, whose rows may have several questions, or of stage 1, whose rows are captions. Throws
  /// imp::Error (usage) for a file that is none of rows.
  [[nodiscard]] RowsEstimate finetune_rows(const TrialConfig& config);
  [[nodiscard]] RowsEstimate connector_rows(const TrialConfig& config);

 private:
  [[nodiscard]] const RowsEstimate& rows_of_file(const std::string& json);

  std::map<std::string, RowsEstimate> files_;
};

}  // namespace imp::harness
