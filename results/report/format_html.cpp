// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "results/printable.h"
#include "results/report/format.h"

namespace imp::results {
namespace {

std::string escaped(std::string_view text) {
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
      default:
        result += letter;
    }
  }
  return result;
}

std::string item(const char* tag, const Column& column, std::string_view content) {
  return std::string("<") + tag + (column.is_number ? " class=\"number\">" : ">") + escaped(content) + "</" +
         tag + ">";
}

constexpr const char* kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>";
constexpr const char* kStyle =
    "</title>\n<style>\nbody { font-family: sans-serif; margin: 2em; }\ntable { border-collapse: collapse; "
    "}\n"
    "th, td { padding: 0.3em 0.8em; border-bottom: 1px solid #ccc; text-align: left; }\n"
    ".number { text-align: right; font-variant-numeric: tabular-nums; }\n.how { color: #555; }\n"
    "</style>\n</head>\n<body>\n";

}  // namespace

std::string to_html(const Table& table) {
  std::string text =
      kHead + escaped(table.title) + kStyle + "<h1>" + escaped(table.title) + "</h1>\n<table>\n<tr>";
  for (const Column& column : table.columns) text += item("th", column, column.heading);
  text += "</tr>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) text += item("td", table.columns[c], row[c].text);
    text += "</tr>\n";
  }
  text += "</table>\n";
  if (!table.notes.empty()) text += "<ul>\n";
  for (const std::string& note : table.notes) text += "<li>" + escaped(note) + "</li>\n";
  if (!table.notes.empty()) text += "</ul>\n";
  for (const std::string& footnote : table.footnotes)
    text += "<p class=\"how\">" + escaped(footnote) + "</p>\n";
  return text + "</body>\n</html>\n";
}

}  // namespace imp::results
