// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace imp::harness {

/// What `imp-data stats FILE.json` is asked.
struct RowStatisticsOptions {
  std::filesystem::path json;
  std::filesystem::path model;  ///< whose tokenizer encodes the rows; empty: they are not encoded
  std::string conversation = "llava_v1";
  std::int64_t image_tokens = 576, max_length = 2048;
  bool isolated = false;
};

/// Counts of a file of LLaVA's rows (rows, pictures, turns, words), then a line for each kind of row that
/// teaches nothing: those that any template leaves out, and with a model also those that its tokens decide.
/// Throws imp::Error (usage) as LlavaFile.
[[nodiscard]] std::string row_statistics(const RowStatisticsOptions& options, bool as_json);

}  // namespace imp::harness
