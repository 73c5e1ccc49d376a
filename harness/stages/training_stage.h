// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/data/llava_encoding.h"
#include "harness/stages/feature_store.h"
#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "harness/train/llava_task.h"

namespace imp::harness {

/// The rows of a data set, read and encoded when they are asked for. Rows whose labels LLaVA's own count
/// would mask stay, masked; each is told to `warn` once, with its id, both counts and how many there were.
/// language must outlive the rows. Throws imp::Error (usage) as LlavaFile, now or when a row is asked for:
/// also for a row with more pictures than turns that show one.
[[nodiscard]] std::unique_ptr<RowSource> encode_rows(const RowsLocation& location,
                                                     const LanguageParts& language,
                                                     const RowEncoding& encoding,
                                                     std::function<void(const std::string&)> warn);

/// The loop's options that both training stages take from the configuration.
[[nodiscard]] TrainingOptions training_options(const StageContext& context);

/// Writes summary.json: steps, tokens, seconds, trained parameters, final loss, dtype.
void write_training_summary(const std::filesystem::path& folder, const TrainingSummary& summary,
                            at::ScalarType dtype);

}  // namespace imp::harness
