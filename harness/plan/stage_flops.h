// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "harness/plan/plan.h"
#include "harness/plan/training_rows_estimate.h"
#include "harness/plan/trial_models.h"

namespace imp::harness {

/// Estimates the FLOPs of a plan's stages as these will count them (models/config/flop_count.h), from the
/// models' configs and what is known of the data. Each config is read once.
class StageFlops {
 public:
  explicit StageFlops(const Plan& plan) : plan_(plan) {}

  /// Nothing for kinds without a model and for pretraining, whose FLOPs nobody counts. Throws imp::Error
  /// (usage) for models and data that cannot be read.
  [[nodiscard]] std::optional<double> of(const PlannedTrial& trial, const PlannedStage& stage);

 private:
  struct Models {
    models::TextConfig text;
    FeatureShape features;
  };
  [[nodiscard]] const Models& models_of(const Trial& trial);
  [[nodiscard]] double features(const Trial& trial, const PlannedStage& stage);
  [[nodiscard]] double connector(const PlannedTrial& trial);
  [[nodiscard]] double finetune(const PlannedTrial& trial, const StageRequest& request);
  [[nodiscard]] double eval(const Trial& trial, const StageRequest& request);

  const Plan& plan_;
  RowsEstimator rows_;
  std::map<std::string, Models> models_;         ///< by their directories
  std::map<std::string, double> micro_batches_;  ///< FLOPs by what they depend on
};

}  // namespace imp::harness
