// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>
#include <utility>

#include "results/printable.h"
#include "results/report/format.h"

namespace imp::results {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kEscapes{
    {{"\\", "\\textbackslash{}"},
     {"&", "\\&"},
     {"%", "\\%"},
     {"$", "\\$"},
     {"#", "\\#"},
     {"_", "\\_"},
     {"{", "\\{"},
     {"}", "\\}"},
     {"~", "\\textasciitilde{}"},
     {"^", "\\textasciicircum{}"},
     {"±", "$\\pm$"},
     {"−", "$-$"},
     {"[", "{[}"},  // at the start of a row TeX would take it for an argument of the line end before it
     {"\n", " "}}};

std::string escaped(std::string_view raw) {
  const std::string safe = printable_lines(raw);
  std::string_view text = safe;
  std::string result;
  while (!text.empty()) {
    std::string_view taken = text.substr(0, 1);
    std::string_view written = taken;
    for (const auto& [special, replacement] : kEscapes) {
      if (text.starts_with(special)) {
        taken = special;
        written = replacement;
        break;
      }
    }
    result += written;
    text.remove_prefix(taken.size());
  }
  return result;
}

}  // namespace

std::string to_latex(const Table& table) {
  std::string alignment;
  std::string head;
  for (const Column& column : table.columns) {
    alignment += column.is_number ? 'r' : 'l';
    head += (head.empty() ? "" : " & ") + escaped(column.heading);
  }
  std::string text = "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{" +
                     escaped(table.title) + "}\n\\begin{tabular}{" + alignment + "}\n\\toprule\n" + head +
                     " \\\\\n\\midrule\n";
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) text += (c == 0 ? "" : " & ") + escaped(row[c].text);
    text += " \\\\\n";
  }
  text += "\\bottomrule\n\\end{tabular}\n";
  for (const auto* lines : {&table.notes, &table.footnotes}) {
    for (const std::string& line : *lines) text += "\\par\\footnotesize " + escaped(line) + "\n";
  }
  return text + "\\end{table}\n";
}

}  // namespace imp::results
