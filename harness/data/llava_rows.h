// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imp::harness {

/// A row of LLaVA's training JSON: {"id", "image"?, "conversations": [{"from": "human" | "gpt", "value"},
/// ...]}.
struct LlavaRow {
  std::string id;
  std::vector<std::string> images;  ///< relative to the images folder; none for a text-only row
  std::vector<std::pair<std::string, std::string>> turns;  ///< question (may hold "<image>"), answer

  /// Words of the whole conversation, negative without a picture: LLaVA's modality_lengths.
  [[nodiscard]] std::int64_t modality_length() const;
};

/// A file of LLaVA's rows of which only an index is kept in memory: where each row begins, its length for the
/// sampler, and the pictures' names. A row is read and parsed when it is asked for.
class LlavaFile {
 public:
  /// Opens a JSON file. `index`: where the index is kept between starts; it is made, or made anew if the JSON
  /// is not the one it was made from (by size, time and samples of the content); empty: in memory only. An
  /// index that cannot be written is left out. Throws imp::Error (usage) with line and column for what is no
  /// JSON, and with file, row, key, what was expected and what was found for JSON of another schema.
  explicit LlavaFile(const std::filesystem::path& json, const std::filesystem::path& index = {});
  ~LlavaFile();
  LlavaFile(const LlavaFile&) = delete;
  LlavaFile& operator=(const LlavaFile&) = delete;

  [[nodiscard]] std::int64_t size() const;
  [[nodiscard]] std::int64_t modality_length(std::int64_t row) const;
  /// Reads one row. Safe to call by several threads. Throws imp::Error (usage) if the file changed meanwhile.
  [[nodiscard]] LlavaRow row(std::int64_t row) const;
  /// Names of the pictures, each once, in order of first use.
  [[nodiscard]] std::vector<std::string> pictures() const;
  /// Whether the index was found rather than made.
  [[nodiscard]] bool index_was_found() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// All rows of a small file. Throws as LlavaFile.
[[nodiscard]] std::vector<LlavaRow> read_llava_rows(const std::filesystem::path& json);

}  // namespace imp::harness
