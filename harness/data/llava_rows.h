// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/data/file_places.h"
#include "harness/data/row_kind.h"
#include "models/conversation/encode_row.h"

namespace imp::harness {

/// A row of LLaVA's training JSON: {"id", "image"?, "conversations": [{"from": "human" | "gpt", "value"},
/// ...]}. An opening of gpt's is left out, as LLaVA's trainer does; a value of null counts as an empty text.
struct LlavaRow {
  std::string id;
  std::vector<std::string> images;  ///< relative to the images folder; none for a text-only row
  std::vector<models::Turn> turns;  ///< the last may have no answer; none in a row that is left out
  std::int64_t words = 0;           ///< of all messages, those included that are left out
  std::optional<RowKind> left_out;  ///< why nothing of the row can be learned, whatever the template
  std::string found;                ///< what stands where something else should, for people
  std::string unread_key;  ///< of a text-only row: the key under which it names pictures all the same

  /// Words of the whole conversation, negative without a picture: LLaVA's modality_lengths.
  [[nodiscard]] std::int64_t modality_length() const { return images.empty() ? -words : words; }
};

/// A file of LLaVA's rows of which only an index is kept in memory: where each row begins, its length for the
/// sampler, and the pictures' names. A row is read and parsed when it is asked for.
class LlavaFile {
 public:
  /// Opens a JSON file. `index`: where the index is kept between starts; it is made, or made anew if the JSON
  /// is not the one it was made from (by size, time and samples of the content); empty: in memory only. An
  /// index that cannot be written is left out. Throws imp::Error (usage) with line and column for what is no
  /// JSON, and with line, row, key, what was expected and what was found for JSON of another schema: a line
  /// for each of the first twenty such rows.
  explicit LlavaFile(const std::filesystem::path& json, const std::filesystem::path& index = {});
  /// The rows at the front of a JSON file, those that begin in its first `most_bytes` bytes. Throws likewise.
  [[nodiscard]] static LlavaFile front_of(const std::filesystem::path& json, std::uint64_t most_bytes);
  ~LlavaFile();
  LlavaFile(const LlavaFile&) = delete;
  LlavaFile& operator=(const LlavaFile&) = delete;
  LlavaFile(LlavaFile&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] std::int64_t size() const;
  /// False if the file goes on behind these rows.
  [[nodiscard]] bool is_whole() const;
  /// Bytes of a row's text.
  [[nodiscard]] std::int64_t length(std::int64_t row) const;
  /// Where rows, given by rising number, begin. Reads the file up to the last one.
  [[nodiscard]] std::vector<FilePlace> places_of(const std::vector<std::int64_t>& rows) const;
  [[nodiscard]] std::int64_t modality_length(std::int64_t row) const;
  /// Reads one row. Safe to call by several threads. Throws imp::Error (usage) if the file changed meanwhile.
  [[nodiscard]] LlavaRow row(std::int64_t row) const;
  /// Names of the pictures, each once, in order of first use.
  [[nodiscard]] std::vector<std::string> pictures() const;
  /// Whether the index was found rather than made.
  [[nodiscard]] bool index_was_found() const;

 private:
  struct State;
  explicit LlavaFile(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

/// All rows of a small file. Throws as LlavaFile.
[[nodiscard]] std::vector<LlavaRow> read_llava_rows(const std::filesystem::path& json);

}  // namespace imp::harness
