// SPDX-License-Identifier: Apache-2.0
#include "results/report/table.h"

#include "results/report/display.h"

namespace imp::results {
namespace {

/// A field of a cell as a number; nothing where it is absent or a text.
std::optional<double> number_in(const Table& table, std::size_t row, std::size_t column, std::size_t field) {
  const std::vector<Value>& values = table.rows[row][column].values;
  if (field >= values.size()) return std::nullopt;
  if (const auto* number = std::get_if<double>(&values[field])) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&values[field])) return static_cast<double>(*number);
  return std::nullopt;
}

}  // namespace

bool is_best(const Table& table, std::size_t row, std::size_t column) {
  if (table.columns[column].role != ColumnRole::score) return false;
  const std::optional<double> own = number_in(table, row, column, 0);
  std::size_t others = 0;
  for (std::size_t r = 0; own && r < table.rows.size(); ++r) {
    const std::optional<double> other = number_in(table, r, column, 0);
    if (r == row || !other) continue;
    if (*other > *own) return false;
    ++others;
  }
  return others > 0;
}

bool excludes_zero(const Table& table, std::size_t row, std::size_t column) {
  if (table.columns[column].role != ColumnRole::difference) return false;
  return excludes_zero(number_in(table, row, column, 1), number_in(table, row, column, 2));
}

}  // namespace imp::results
