// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace imp::harness {

/// A row of LLaVA's training JSON: {"id", "image"?, "conversations": [{"from": "human" | "gpt", "value"},
/// ...]}.
struct LlavaRow {
  std::string id;
  std::string image;  ///< relative to the images folder; empty for a text-only row
  std::vector<std::pair<std::string, std::string>> turns;  ///< question (may hold "<image>"), answer

  /// Words of the whole conversation, negative without a picture: LLaVA's modality_lengths.
  [[nodiscard]] long long modality_length() const;
};

/// Reads a LLaVA JSON file. Throws imp::Error (usage) that names the file and the row for JSON of another
/// schema.
[[nodiscard]] std::vector<LlavaRow> read_llava_rows(const std::filesystem::path& json);

/// Names of the pictures, each once, in order of first use. Throws imp::Error (usage) naming the first rows
/// whose picture is absent below `images`.
[[nodiscard]] std::vector<std::string> pictures_of(const std::vector<LlavaRow>& rows,
                                                   const std::filesystem::path& json,
                                                   const std::filesystem::path& images);

}  // namespace imp::harness
