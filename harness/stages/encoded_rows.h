// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/data/llava_encoding.h"
#include "harness/data/row_census.h"
#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "harness/train/llava_task.h"

namespace imp::harness {

/// Told of a file's rows while they are looked at, before any is trained on.
class RowObserver {
 public:
  virtual ~RowObserver() = default;
  virtual void on_rows(int64_t done, int64_t total) = 0;
  virtual void on_census(const RowCensus& census) = 0;
};

/// Warns of rows as a stage does, and writes kRowCensus into the stage's folder.
class RowsOfStage : public RowObserver {
 public:
  explicit RowsOfStage(const StageContext& context);
  void on_rows(int64_t done, int64_t total) override;
  void on_census(const RowCensus& census) override;

 private:
  const StageContext& context_;
};

/// The rows of a data set, all encoded once to count those that teach nothing, then read and encoded when
/// they are asked for; rows of which nothing is learned stay, masked or empty, but for those that the
/// location leaves out. language must outlive the rows. Throws imp::Error (usage) as LlavaFile, and if no row
/// has a token to learn.
[[nodiscard]] std::unique_ptr<RowSource> encode_rows(const RowsLocation& location,
                                                     const LanguageParts& language,
                                                     const RowEncoding& encoding, RowObserver& observer);

}  // namespace imp::harness
