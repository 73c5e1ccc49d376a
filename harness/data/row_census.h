// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/data/llava_encoding.h"
#include "harness/data/llava_rows.h"

namespace imp::harness {

/// Rows of one kind.
struct RowFinding {
  RowKind kind = RowKind::no_turns;
  std::int64_t rows = 0;
  std::int64_t first = 0;  ///< number of the first such row, from 0
  std::string id;          ///< its id
  std::string detail;      ///< what was found in it, or nothing
  FilePlace place;         ///< where it begins
};

/// What of a file's rows a person should know, in one encoding.
struct RowCensus {
  std::string file;
  std::int64_t rows = 0;      ///< that were looked at
  bool whole = true;          ///< whether these are all
  std::int64_t teaching = 0;  ///< of them, rows of which something is learned
  std::vector<RowFinding> findings;
};

/// Counts rows one after another; the order of calls does not matter.
class RowCounter {
 public:
  void add(std::int64_t number, const LlavaRow& row, const EncodedLlavaRow& encoded);
  /// Kinds in the order of kRowKinds, with the places of their first rows.
  [[nodiscard]] RowCensus census(const LlavaFile& file) const;

 private:
  std::int64_t rows_ = 0, teaching_ = 0;
  std::vector<RowFinding> findings_;
};

/// Encodes the rows of a file, those that begin in its first `most_bytes` bytes, and counts them. Throws as
/// encode.
[[nodiscard]] RowCensus take_census(const LlavaFile& file, const models::Tokenizer& tokenizer,
                                    const RowEncoding& encoding, std::uint64_t most_bytes);
/// Counts the rows of a file that are left out whatever the template.
[[nodiscard]] RowCensus take_census(const LlavaFile& file);

/// Throws imp::Error (usage), saying what the rows are, if nothing is learned of any.
void require_teaching(const RowCensus& census);

/// "FILE:LINE:COLUMN: row 3 (id '7'): a question has no answer; 2 of 60 rows are so and teach nothing".
[[nodiscard]] std::string sentence(const RowCensus& census, const RowFinding& finding);
/// All of them.
[[nodiscard]] std::vector<std::string> sentences(const RowCensus& census);

/// {file, rows, whole, teaching, kinds: [{kind, rows, teaches_nothing, row, line, column, id, text}]}
[[nodiscard]] nlohmann::ordered_json to_json(const RowCensus& census);

}  // namespace imp::harness
