// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace imp::results {

/// A value for programs; nothing where there is no number to give.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

/// A number that may be absent, as such a value.
[[nodiscard]] inline Value as_value(std::optional<double> number) {
  return number ? Value(*number) : Value();
}
[[nodiscard]] inline Value as_value(std::optional<std::int64_t> count) {
  return count ? Value(*count) : Value();
}

/// What a column is to its table; a format may show it.
enum class ColumnRole {
  plain,
  key,        ///< names the row: repeated where a table is cut in blocks
  score,      ///< the first field is the better the higher
  difference  ///< fields: a difference and the two ends of its interval
};

/// One column for people; for programs (csv, json) it is one or more fields.
struct Column {
  std::string heading;
  bool is_number = true;  ///< right-aligned
  std::vector<std::string> fields;
  ColumnRole role = ColumnRole::plain;
};

struct Cell {
  std::string text;           ///< for people: "61.2 ± 1.1"
  std::vector<Value> values;  ///< for programs, one a field: 0.612, 0.011
};

struct Table;

/// Of a score column: whether the row's score is the best of at least two that are there.
[[nodiscard]] bool is_best(const Table& table, std::size_t row, std::size_t column);
/// Of a difference column: whether the row's interval excludes 0.
[[nodiscard]] bool excludes_zero(const Table& table, std::size_t row, std::size_t column);

/// What a report says, before a format (format.h) turns it into text.
struct Table {
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<std::string> notes;      ///< what a reader must know of these rows: failed cells, single seeds
  std::vector<std::string> footnotes;  ///< how the numbers were made
};

}  // namespace imp::results
