// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/markup.h"

#include <fmt/format.h>

#include <variant>

#include "results/printable.h"

namespace imp::results {
namespace {

/// What a cell is sorted by; empty for nothing.
std::string sort_key(const Cell& cell) {
  if (cell.values.empty()) return "";
  struct AsText {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return text; }
  };
  return std::visit(AsText{}, cell.values.front());
}

std::string heading(const Column& column, bool is_sortable) {
  const std::string name = html_escaped(column.heading);
  return fmt::format("<th scope=\"col\"{}>{}</th>", column.is_number ? " class=\"number\"" : "",
                     is_sortable ? "<button type=\"button\">" + name + "</button>" : name);
}

std::string body_cell(const Table& table, std::size_t r, std::size_t c) {
  const Column& column = table.columns[c];
  const Cell& cell = table.rows[r][c];
  std::string classes = column.is_number ? "number" : "";
  const bool best = column.role == ColumnRole::score && is_best(table, r, c);
  if (best) classes += " best";
  const std::string key = sort_key(cell);
  return fmt::format("<{0}{1}{2}{3}>{4}{5}</{6}>", column.role == ColumnRole::key ? "th scope=\"row\"" : "td",
                     classes.empty() ? "" : " class=\"" + classes + "\"",
                     key.empty() ? "" : " data-value=\"" + html_escaped(key) + "\"", "",
                     html_escaped(cell.text), best ? " <span class=\"tag\">best</span>" : "",
                     column.role == ColumnRole::key ? "th" : "td");
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string result;
  for (const char letter : printable_lines(text)) {
    switch (letter) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += letter;
    }
  }
  return result;
}

std::string json_in_script(std::string_view json) {
  std::string result;
  for (const char letter : json) {
    if (letter == '<') {
      result += "\\u003c";
    } else {
      result += letter;
    }
  }
  return result;
}

std::string html_table(const Table& table, const HtmlTable& options) {
  std::string text = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                     html_escaped(options.caption) + "\">\n<table";
  if (!options.id.empty()) text += " id=\"" + html_escaped(options.id) + "\"";
  text += ">\n<caption>" + html_escaped(options.caption) + "</caption>\n<thead><tr>";
  for (const Column& column : table.columns) text += heading(column, options.is_sortable);
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    text += "<tr>";
    for (std::size_t c = 0; c < table.rows[r].size(); ++c) text += body_cell(table, r, c);
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table>\n</div>\n";
}

std::string html_notes(const Table& table) {
  std::string text;
  if (!table.notes.empty()) {
    text += "<ul>\n";
    for (const std::string& note : table.notes) text += "<li>" + html_escaped(note) + "</li>\n";
    text += "</ul>\n";
  }
  for (const std::string& footnote : table.footnotes)
    text += "<p class=\"soft\">" + html_escaped(footnote) + "</p>\n";
  return text;
}

}  // namespace imp::results
