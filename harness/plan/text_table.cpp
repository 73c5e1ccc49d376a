// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/text_table.h"

#include <algorithm>

#include "results/report/display.h"

namespace imp::harness {

std::string as_table(const std::vector<TextRow>& rows) {
  return as_table(rows.size(), [&](std::size_t i) { return rows[i]; });
}

std::string as_table(std::size_t count, const std::function<TextRow(std::size_t)>& row) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < count; ++i) {
    const TextRow cells = row(i);
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t column = 0; column < cells.size(); ++column)
      widths[column] = std::max(widths[column], results::display_width(cells[column]));
  }
  std::string text, line;
  for (std::size_t i = 0; i < count; ++i) {
    const TextRow cells = row(i);
    line.clear();
    for (std::size_t column = 0; column < cells.size(); ++column) {
      line += cells[column];
      line.append(widths[column] - results::display_width(cells[column]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace imp::harness
