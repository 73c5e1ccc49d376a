// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "harness/data/llava_rows.h"
#include "harness/plan/trial_config.h"

namespace imp::harness {

/// Where a stage's rows and their pictures are, where the index of the rows is kept, and which are left out.
struct RowsLocation {
  std::filesystem::path json, images, index;
  std::vector<std::int64_t> left_out = {};  ///< rows, from 0 and rising, that show an unreadable picture
};

/// Name of the index in the data stage of the user's own rows.
inline constexpr const char* kRowsIndex = "rows.index";

/// The rows behind a finished data stage, the user's own or the rendered ones of stage 2.
[[nodiscard]] RowsLocation rows_behind(const std::filesystem::path& data_folder);
/// Name of the count of rows in a training stage (RowCensus as JSON).
inline constexpr const char* kRowCensus = "rows.json";

/// Rows of stage 1 (captions of a rendered data set) or stage 2. data_folder: the finished data stage.
[[nodiscard]] RowsLocation connector_rows(const DataSource& source, const std::filesystem::path& data_folder);
[[nodiscard]] RowsLocation finetune_rows(const DataSource& source, const std::filesystem::path& data_folder);

}  // namespace imp::harness
