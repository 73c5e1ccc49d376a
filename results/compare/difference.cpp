// SPDX-License-Identifier: Apache-2.0
#include "results/compare/difference.h"

#include <fmt/format.h>

#include "results/report/display.h"
#include "results/report/effect_list.h"

namespace imp::results {
namespace {

Value side_value(std::optional<double> number, const std::string& text) {
  return number ? Value(*number) : Value(text);
}

/// "+1.5 [−0.4, +3.4]"; "+1.5 (not paired)".
std::string shown_difference(const DifferenceRow& row) {
  if (!row.difference) return "";
  return difference_text(*row.difference, row.ci_low, row.ci_high) + (row.is_paired ? "" : " (not paired)");
}

/// 1 or 0 for a score that both sides have.
Value paired_value(const DifferenceRow& row) {
  return row.difference ? Value(std::int64_t{row.is_paired ? 1 : 0}) : Value();
}

}  // namespace

Table difference_table(const std::string& title, const std::string& a, const std::string& b,
                       const std::vector<DifferenceRow>& rows) {
  Table table;
  table.title = title;
  table.columns = {{"differs", false, {"kind", "what"}, ColumnRole::key},
                   {a, false, {"a"}},
                   {b, false, {"b"}},
                   {"B − A [95 %]", true, {"difference", "ci_low", "ci_high"}, ColumnRole::difference},
                   {"p", true, {"p", "paired"}}};
  for (const DifferenceRow& row : rows) {
    table.rows.push_back(
        {{row.what, {std::string(row.kind), row.what}},
         {row.a, {side_value(row.value_a, row.a)}},
         {row.b, {side_value(row.value_b, row.b)}},
         {shown_difference(row), {as_value(row.difference), as_value(row.ci_low), as_value(row.ci_high)}},
         {row.p ? p_text(row.p) : "", {as_value(row.p), paired_value(row)}}});
  }
  return table;
}

void add_differing_keys(std::vector<DifferenceRow>& rows, std::string_view kind,
                        const std::map<std::string, std::string>& a,
                        const std::map<std::string, std::string>& b) {
  const auto text_in = [](const std::map<std::string, std::string>& map, const std::string& key) {
    const auto found = map.find(key);
    return found == map.end() ? std::string(kNothing) : found->second;
  };
  std::map<std::string, std::string> keys = a;
  keys.insert(b.begin(), b.end());
  for (const auto& [key, unused] : keys) {
    if (text_in(a, key) == text_in(b, key)) continue;
    DifferenceRow row;
    row.kind = kind;
    row.what = key;
    row.a = text_in(a, key);
    row.b = text_in(b, key);
    rows.push_back(std::move(row));
  }
}

}  // namespace imp::results
