// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/stages/stage_context.h"
#include "harness/train/llava_task.h"

namespace imp::harness {

/// What a finished pictures stage leaves out of training (`skip_unreadable`).
struct LeftOut {
  std::string file;                ///< of the rows
  int64_t of_rows = 0;             ///< rows of the file
  std::set<std::string> pictures;  ///< names of those that cannot be read
  std::vector<int64_t> rows;       ///< that show one of them, from 0, rising
};

/// The file of a pictures stage that holds it: {file, of_rows, pictures, rows}.
inline constexpr const char* kLeftOut = "left_out.json";
void write_left_out(const std::filesystem::path& folder, const LeftOut& left_out);
[[nodiscard]] LeftOut read_left_out(const std::filesystem::path& folder);

/// `all` less some rows (from 0, rising), the others moved up in order.
[[nodiscard]] std::unique_ptr<RowSource> without_rows(std::unique_ptr<RowSource> all,
                                                      const std::vector<int64_t>& left_out);

/// Rows that the pictures stage of a training stage leaves out; none without such an input.
[[nodiscard]] std::vector<int64_t> rows_left_out(const StageContext& context);

}  // namespace imp::harness
