// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "results/printable.h"
#include "results/report/display.h"
#include "results/report/terminal.h"

namespace imp::results {
namespace {

constexpr std::size_t kGap = 2;  // between columns
constexpr const char* kStar = "*";

/// A text as one line that a terminal may be given.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(text);
}

/// The table's texts, headings first, and how wide each column is.
struct Layout {
  std::vector<std::vector<std::string>> lines;
  std::vector<std::size_t> widths;
  bool has_stars = false;
};

/// Columns that name the row; the first one if none says so.
std::vector<std::size_t> key_columns(const Table& table) {
  std::vector<std::size_t> keys;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].role == ColumnRole::key) keys.push_back(c);
  }
  if (keys.empty() && !table.columns.empty()) keys.push_back(0);
  return keys;
}

Layout lay_out(const Table& table) {
  Layout layout;
  layout.lines.emplace_back();
  for (const Column& column : table.columns) layout.lines.back().push_back(one_line(column.heading));
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    layout.lines.emplace_back();
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      std::string text = one_line(table.rows[r][c].text);
      if (table.columns[c].role == ColumnRole::difference) {  // a blank where there is no star: numbers align
        const bool has_star = excludes_zero(table, r, c);
        layout.has_stars = layout.has_stars || has_star;
        text += has_star ? kStar : " ";
      }
      layout.lines.back().push_back(std::move(text));
    }
  }
  layout.widths.assign(table.columns.size(), 0);
  for (const auto& line : layout.lines) {
    for (std::size_t c = 0; c < line.size(); ++c)
      layout.widths[c] = std::max(layout.widths[c], display_width(line[c]));
  }
  return layout;
}

std::size_t width_of(const Layout& layout, const std::vector<std::size_t>& columns) {
  std::size_t width = 0;
  for (const std::size_t c : columns) width += layout.widths[c] + (width > 0 ? kGap : 0);
  return width;
}

/// Cuts the widest of the columns, a place at a time, until they fit.
void narrow(Layout& layout, const std::vector<std::size_t>& columns, std::size_t width) {
  while (width_of(layout, columns) > width) {
    std::size_t widest = columns.front();
    for (const std::size_t c : columns) {
      if (layout.widths[c] > layout.widths[widest]) widest = c;
    }
    if (layout.widths[widest] <= 1) return;  // more columns than places
    --layout.widths[widest];
  }
}

/// The table's columns in blocks that each fit the width, every one with the key columns.
std::vector<std::vector<std::size_t>> blocks_of(Layout& layout, const std::vector<std::size_t>& keys,
                                                std::size_t width) {
  std::vector<std::size_t> others(layout.widths.size());
  std::iota(others.begin(), others.end(), std::size_t{0});
  std::erase_if(others, [&](std::size_t c) { return std::find(keys.begin(), keys.end(), c) != keys.end(); });
  narrow(layout, keys, others.empty() ? width : width / 2);
  const std::size_t rest = width - std::min(width - 1, width_of(layout, keys) + kGap);
  std::vector<std::vector<std::size_t>> blocks{keys};
  for (const std::size_t c : others) {
    narrow(layout, {c}, rest);
    const bool fits = width_of(layout, blocks.back()) + kGap + layout.widths[c] <= width;
    if (!fits && blocks.back().size() > keys.size()) blocks.push_back(keys);
    blocks.back().push_back(c);
  }
  return blocks;
}

std::string block_text(const Table& table, const Layout& layout, const std::vector<std::size_t>& columns,
                       bool bold) {
  std::string text;
  for (std::size_t i = 0; i < layout.lines.size(); ++i) {
    std::string line;
    for (const std::size_t c : columns) {
      const std::string cell = cut_to_width(layout.lines[i][c], layout.widths[c]);
      const std::string blanks(layout.widths[c] - std::min(layout.widths[c], display_width(cell)), ' ');
      const bool stands_out = bold && i > 0 && is_best(table, i - 1, c);
      const std::string shown = stands_out ? "\x1b[1m" + cell + "\x1b[0m" : cell;
      if (c != columns.front()) line += std::string(kGap, ' ');
      line += table.columns[c].is_number ? blanks + shown : shown + blanks;
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

/// A paragraph in lines of at most `width` columns, but for a word that alone is longer; all but the first
/// begin with `indent` blanks.
std::string wrapped(std::string_view paragraph, std::size_t width, std::size_t indent) {
  std::string text;
  std::string line;
  const auto end_line = [&] {
    text += line + "\n";
    line = std::string(indent, ' ');
  };
  while (!paragraph.empty()) {
    const std::size_t end = std::min(paragraph.find(' '), paragraph.size());
    const std::string word(paragraph.substr(0, end));
    paragraph.remove_prefix(std::min(end + 1, paragraph.size()));
    if (word.empty()) continue;
    const bool begins = line.find_first_not_of(' ') == std::string::npos;
    if (!begins && display_width(line) + 1 + display_width(word) > width) end_line();
    if (line.find_first_not_of(' ') != std::string::npos) line += ' ';
    line += word;
  }
  return text + line + "\n";
}

}  // namespace

std::string to_text(const Table& table, const TerminalStyle& style) {
  Layout layout = lay_out(table);
  std::string text = wrapped(one_line(table.title), style.width, 0);
  for (const auto& block : blocks_of(layout, key_columns(table), style.width))
    text += "\n" + block_text(table, layout, block, style.bold);
  if (!table.notes.empty()) text += "\n";
  for (const std::string& note : table.notes) text += wrapped("- " + one_line(note), style.width, 2);
  if (!table.footnotes.empty() || layout.has_stars) text += "\n";
  if (layout.has_stars) text += wrapped("* the interval excludes 0", style.width, 0);
  for (const std::string& footnote : table.footnotes) text += wrapped(one_line(footnote), style.width, 0);
  return text;
}

}  // namespace imp::results
