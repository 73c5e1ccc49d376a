// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "results/report/table.h"

namespace imp::results {

// Each returns the whole text, with a newline at its end. Names and errors in it are printable
// (results/printable.h).

/// A GitHub table, padded so that it reads well in a terminal; notes as a list, footnotes as paragraphs.
[[nodiscard]] std::string to_markdown(const Table& table);
/// RFC 4180: a header line of field names, then the values. Notes have no place in it. A text that a
/// spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers.
[[nodiscard]] std::string to_csv(const Table& table);
/// {"title", "rows": [{field: value}], "notes", "footnotes"}
[[nodiscard]] std::string to_json(const Table& table);
/// A `table` environment for pdflatex; needs the packages booktabs and graphicx. What is wider than the line
/// is scaled down to it, and a character that pdflatex has no glyph for is written out as U+4E2D.
[[nodiscard]] std::string to_latex(const Table& table);
/// A whole page.
[[nodiscard]] std::string to_html(const Table& table);

using Format = std::function<std::string(const Table&)>;

/// The names for --format: text (report/terminal.h; 80 columns, without bold), md, csv, json, latex, html.
[[nodiscard]] std::vector<std::string> format_names();
/// Throws StoreError (usage) for a name not in format_names().
[[nodiscard]] Format find_format(const std::string& name);

}  // namespace imp::results
