// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "results/printable.h"
#include "results/report/display.h"
#include "results/report/format.h"

namespace imp::results {
namespace {

/// What TeX would take for markup, for a ligature (`?` before a backtick) or, in its default fonts, for
/// another character (`<`, `>`, `|`, `"`); and what people write in tables beyond ASCII. Where others draw a
/// rule or an accent, which cannot be copied as text, the typewriter font has the character.
constexpr std::array<std::pair<std::string_view, std::string_view>, 43> kEscapes{
    {{"\\", "\\textbackslash{}"},
     {"&", "\\&"},
     {"%", "\\%"},
     {"$", "\\$"},
     {"#", "\\#"},
     {"_", "{\\ttfamily\\char95}"},
     {"{", "\\{"},
     {"}", "\\}"},
     {"~", "{\\ttfamily\\char126}"},
     {"^", "{\\ttfamily\\char94}"},
     {"<", "\\textless{}"},
     {">", "\\textgreater{}"},
     {"|", "\\textbar{}"},
     {"\"", "{\\ttfamily\\char34}"},
     {"'", "\\textquotesingle{}"},
     {"`", "\\textasciigrave{}"},
     {"[", "{[}"},  // at the start of a row TeX would take it for an argument of the line end before it
     {"*", "{*}"},  // and this for the starred form of that line end
     {"\n", " "},
     {"−", "$-$"},
     {"±", "$\\pm$"},
     {"×", "$\\times$"},
     {"÷", "$\\div$"},
     {"→", "$\\rightarrow$"},
     {"←", "$\\leftarrow$"},
     {"≤", "$\\leq$"},
     {"≥", "$\\geq$"},
     {"≠", "$\\neq$"},
     {"≈", "$\\approx$"},
     {"∞", "$\\infty$"},
     {"–", "\\textendash{}"},
     {"—", "\\textemdash{}"},
     {"…", "\\dots{}"},
     {"•", "\\textbullet{}"},
     {"·", "$\\cdot$"},
     {"µ", "$\\mu$"},
     {"°", "\\textdegree{}"},
     {"§", "\\S{}"},
     {"‘", "\\textquoteleft{}"},
     {"’", "\\textquoteright{}"},
     {"“", "\\textquotedblleft{}"},
     {"”", "\\textquotedblright{}"},
     {"\xc2\xa0", "~"}}};

/// Whether pdflatex sets the letter in its default encodings: Latin-1's, but for those that OT1 fonts lack.
bool is_accented_letter(char32_t code) {
  const bool is_letter = code >= 0xC0 && code <= 0xFF && code != 0xD7 && code != 0xF7;
  return is_letter && code != 0xD0 && code != 0xDE && code != 0xF0 && code != 0xFE;
}

std::string escaped(std::string_view raw) {
  const std::string safe = printable_lines(raw);
  std::string result;
  for (std::size_t position = 0; position < safe.size();) {
    const std::string_view rest = std::string_view(safe).substr(position);
    const std::size_t start = position;
    const char32_t code = next_code_point(safe, position);
    const std::string_view character = rest.substr(0, position - start);
    const bool is_ligature = (code == '-' || code == ',') && start > 0 && safe[start - 1] == safe[start];
    if (is_ligature) result += "{}";
    const auto special = std::find_if(kEscapes.begin(), kEscapes.end(),
                                      [&](const auto& escape) { return escape.first == character; });
    if (special != kEscapes.end()) {
      result += special->second;
    } else if (code < 0x80 || is_accented_letter(code)) {
      result += character;
    } else {
      result += fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
    }
  }
  return result;
}

std::string row_text(const Table& table, std::size_t row) {
  std::string text;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const std::string cell = escaped(table.rows[row][c].text);
    text += c == 0 ? "" : " & ";
    text += is_best(table, row, c) ? "\\textbf{" + cell + "}" : cell;
    if (excludes_zero(table, row, c)) text += "\\rlap{$^{*}$}";
  }
  return text + " \\\\\n";
}

/// Scaled down to the line where it is wider.
constexpr const char* kFit = "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n";

}  // namespace

std::string to_latex(const Table& table) {
  std::string alignment;
  std::string head;
  for (const Column& column : table.columns) {
    alignment += column.is_number ? 'r' : 'l';
    head += (head.empty() ? "" : " & ") + escaped(column.heading);
  }
  std::string text = "% needs \\usepackage{booktabs,graphicx}\n\\begin{table}\n\\centering\n\\caption{" +
                     escaped(table.title) + "}\n" + kFit + "\\begin{tabular}{" + alignment +
                     "}\n\\toprule\n" + head + " \\\\\n\\midrule\n";
  bool has_stars = false;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      has_stars = has_stars || excludes_zero(table, r, c);
    text += row_text(table, r);
  }
  text += "\\bottomrule\n\\end{tabular}}\n";
  if (has_stars) text += "\\par\\footnotesize $^{*}$ The interval excludes 0.\n";
  for (const auto* lines : {&table.notes, &table.footnotes}) {
    for (const std::string& line : *lines) text += "\\par\\footnotesize " + escaped(line) + "\n";
  }
  return text + "\\end{table}\n";
}

}  // namespace imp::results
