// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include "results/printable.h"
#include "results/report/display.h"
#include "results/report/format.h"

namespace imp::results {
namespace {

/// Text without what Markdown would take for markup; line ends would break a row. `|` is markup in tables
/// only.
std::string escaped(std::string_view text, std::string_view markup = "\\|<*`") {
  std::string one_line(text);
  for (char& letter : one_line) {
    if (letter == '\n' || letter == '\r' || letter == '\t') letter = ' ';
  }
  std::string result;
  for (const char letter : printable(one_line)) {
    if (markup.find(letter) != std::string_view::npos) result += '\\';
    result += letter;
  }
  return result;
}

/// Cell text is ours except in text columns, whose levels come from sweep files.
std::string cell_text(const Column& column, const Cell& cell) {
  return column.is_number ? printable(cell.text) : escaped(cell.text);
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, display_width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

std::string to_markdown(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t width = std::max<std::size_t>(3, display_width(escaped(table.columns[c].heading)));
    for (const auto& row : table.rows)
      width = std::max(width, display_width(cell_text(table.columns[c], row[c])));
    widths.push_back(width);
  }
  std::string text = "## " + escaped(table.title, "\\<*`") + "\n\n|";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    text += " " + padded(escaped(table.columns[c].heading), widths[c], table.columns[c].is_number) + " |";
  }
  text += "\n|";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    text += std::string(widths[c] + 1, '-') + (table.columns[c].is_number ? ":" : "-") + "|";
  }
  for (const auto& row : table.rows) {
    text += "\n|";
    for (std::size_t c = 0; c < row.size(); ++c) {
      text += " " + padded(cell_text(table.columns[c], row[c]), widths[c], table.columns[c].is_number) + " |";
    }
  }
  text += "\n";
  if (!table.notes.empty()) text += "\n";
  for (const std::string& note : table.notes) text += "- " + escaped(note, "\\<*`") + "\n";
  if (!table.footnotes.empty()) text += "\n";
  for (const std::string& footnote : table.footnotes) text += footnote + "\n";
  return text;
}

}  // namespace imp::results
