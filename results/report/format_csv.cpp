// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "results/numbers.h"
#include "results/printable.h"
#include "results/report/format.h"

namespace imp::results {
namespace {

/// Whether the whole text is a number, which may begin with a sign.
bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const bool begins_well =
      !text.empty() && (text.front() == '.' || (text.front() >= '0' && text.front() <= '9'));
  return begins_well && number_in(text);
}

/// Spreadsheets run what begins like this as a formula, full-width forms included, unless an apostrophe
/// stands before it (OWASP, CSV Injection).
bool is_formula(std::string_view text) {
  constexpr std::array<std::string_view, 8> kStarts{"=", "+", "-", "@", "＝", "＋", "－", "＠"};
  return !is_number(text) && std::any_of(kStarts.begin(), kStarts.end(),
                                         [&](std::string_view start) { return text.starts_with(start); });
}

std::string quoted(const std::string& raw) {
  const std::string text = (is_formula(raw) ? "'" : "") + printable_lines(raw);
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char letter : text) result += letter == '"' ? "\"\"" : std::string(1, letter);
  return result + "\"";
}

std::string field_text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  return "";
}

}  // namespace

std::string to_csv(const Table& table) {
  std::string text;
  std::string separator;
  for (const Column& column : table.columns) {
    for (const std::string& field : column.fields) {
      text += separator + quoted(field);
      separator = ",";
    }
  }
  for (const auto& row : table.rows) {
    text += "\n";
    separator = "";
    for (const Cell& cell : row) {
      for (const Value& value : cell.values) {
        text += separator + field_text(value);
        separator = ",";
      }
    }
  }
  return text + "\n";
}

}  // namespace imp::results
