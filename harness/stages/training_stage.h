// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/stages/feature_store.h"
#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "harness/train/llava_task.h"

namespace imp::harness {

/// Encodes the rows of a data set by a conversation template; rows whose labels LLaVA's own count would mask
/// stay, masked.
[[nodiscard]] std::vector<TrainingRow> encode_rows(const RowsLocation& location,
                                                   const LanguageParts& language,
                                                   const models::ConversationTemplate& conversation,
                                                   int64_t image_tokens, int64_t max_length, bool isolated);

/// The loop's options that both training stages take from the configuration.
[[nodiscard]] TrainingOptions training_options(const StageContext& context);

/// Writes summary.json: steps, tokens, seconds, trained parameters, final loss, dtype.
void write_training_summary(const std::filesystem::path& folder, const TrainingSummary& summary,
                            at::ScalarType dtype);

}  // namespace imp::harness
