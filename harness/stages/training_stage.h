// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/stages/encoded_rows.h"
#include "harness/stages/feature_store.h"
#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "harness/train/llava_task.h"

namespace imp::harness {

/// The loop's options that both training stages take from the configuration.
[[nodiscard]] TrainingOptions training_options(const StageContext& context);

/// Writes summary.json: steps, those without a loss, tokens, seconds, trained parameters, final loss (null if
/// no step had one), dtype. Warns of steps without a loss.
void write_training_summary(const StageContext& context, const TrainingSummary& summary,
                            at::ScalarType dtype);

}  // namespace imp::harness
