// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "results/report/format.h"

namespace imp::results {
namespace {

std::string quoted(const std::string& text) {
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
