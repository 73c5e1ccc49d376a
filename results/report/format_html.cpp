// SPDX-License-Identifier: Apache-2.0
#include "results/report/format.h"
#include "results/report/page/markup.h"

namespace imp::results {

extern const std::string_view kPageStyle;  // page/page.css, embedded by CMake

std::string to_html(const Table& table) {
  const std::string title = html_escaped(table.title);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         title + "</title>\n<style>\n" + std::string(kPageStyle) + "</style>\n</head>\n<body>\n<main>\n<h1>" +
         title + "</h1>\n" + html_table(table, {.id = "", .caption = table.title}) + html_notes(table) +
         "</main>\n</body>\n</html>\n";
}

}  // namespace imp::results
