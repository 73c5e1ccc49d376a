// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "results/report/table.h"

namespace imp::results {

/// Text as it may stand between tags and in quoted attributes; made printable first.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// JSON as it may stand inside <script type="application/json">: no text of it can end the element.
[[nodiscard]] std::string json_in_script(std::string_view json);

struct HtmlTable {
  std::string id;       ///< of the element; empty for none
  std::string caption;  ///< plain text
  bool is_sortable = false;
};

/// The table's columns and rows, in a box that scrolls on narrow screens. The best score of a score column is
/// marked. Cells carry their first value for sorting.
[[nodiscard]] std::string html_table(const Table& table, const HtmlTable& options);

/// The table's notes as a list and its footnotes as paragraphs.
[[nodiscard]] std::string html_notes(const Table& table);

}  // namespace imp::results
