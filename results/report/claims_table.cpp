// SPDX-License-Identifier: Apache-2.0
#include "results/report/claims_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/report/display.h"
#include "results/report/effect_list.h"

namespace imp::results {
namespace {

/// "higher (+0.2)", "same (within 1.0)"
std::string prediction_text(const Claim& claim) {
  const std::string direction(direction_name(claim.direction));
  if (claim.margin) return fmt::format("{} (within {})", direction, percent(claim.margin));
  return claim.size ? fmt::format("{} ({})", direction, signed_percent(*claim.size)) : direction;
}

std::string seen_text(const JudgedClaim& judged) {
  if (!judged.difference) return kNothing;
  return difference_text(*judged.difference, judged.ci_low, judged.ci_high);
}

std::vector<Column> claim_columns() {
  return {
      {"claim", false, {"claim"}, ColumnRole::key},
      {"verdict", false, {"verdict", "why", "says", "section", "sweep", "factor", "from", "to", "benchmark"}},
      {"predicted", false, {"direction", "size", "margin"}},
      {"points [95 %]", true, {"difference", "ci_low", "ci_high"}},
      {"p (Holm)", true, {"p_holm", "p"}},
      {"written down", false, {"registered"}}};
}

std::vector<Cell> claim_row(const JudgedClaim& judged) {
  const Claim& claim = judged.claim;
  const std::string verdict(verdict_name(judged.verdict));
  const std::string registered(registered_name(judged.registered));
  return {
      {claim.name, {claim.name}},
      {verdict,
       {verdict, judged.why, claim.says, claim.section, claim.sweep, claim.factor, claim.from, claim.to,
        claim.benchmark}},
      {prediction_text(claim),
       {std::string(direction_name(claim.direction)), as_value(claim.size), as_value(claim.margin)}},
      {seen_text(judged), {as_value(judged.difference), as_value(judged.ci_low), as_value(judged.ci_high)}},
      {p_text(judged.p_holm), {as_value(judged.p_holm), as_value(judged.p)}},
      {registered, {registered}}};
}

template <class Name, class Value>
Value value_named(const std::string& text, Name name, std::initializer_list<Value> values) {
  return *std::find_if(values.begin(), std::prev(values.end()),
                       [&](Value value) { return name(value) == text; });
}

}  // namespace

Table claims_table(const std::string& title, const std::vector<JudgedClaim>& claims) {
  Table table;
  table.title = title;
  table.columns = claim_columns();
  std::size_t tested = 0;
  for (const JudgedClaim& judged : claims) {
    table.rows.push_back(claim_row(judged));
    table.notes.push_back(judged.claim.name + ": " + judged.why);
    tested += judged.p_holm ? 1 : 0;
  }
  if (claims.empty()) return table;
  table.footnotes.push_back(
      fmt::format("Supported: the 95 % interval excludes 0 on the predicted side (same: lies within the "
                  "margin) and p, by "
                  "Holm's method over the {} claims that can be tested, is below 0.05; contradicted: the "
                  "same on the other side. "
                  "Written down before: the claim stood in the file that the sweep names, recorded before "
                  "the sweep's first "
                  "trial began.",
                  tested));
  return table;
}

std::vector<JudgedClaim> registered_claims(Database& database, const std::string& sweep) {
  std::vector<JudgedClaim> claims;
  Statement row(database,
                "SELECT claim, says, section, factor, from_level, to_level, benchmark, direction, size, "
                "margin, verdict, "
                "difference, ci_low, ci_high, p, p_holm, why, registered FROM v_claims WHERE sweep = ?");
  row.bind_all(sweep);
  while (row.step()) {
    JudgedClaim judged;
    judged.claim = {.name = row.text(0),
                    .says = row.text(1),
                    .section = row.text(2),
                    .sweep = sweep,
                    .factor = row.text(3),
                    .from = row.text(4),
                    .to = row.text(5),
                    .benchmark = row.text(6),
                    .direction = value_named(row.text(7), direction_name,
                                             {Direction::higher, Direction::lower, Direction::same}),
                    .size = row.maybe_real(8),
                    .margin = row.maybe_real(9),
                    .where = {}};
    judged.verdict = value_named(row.text(10), verdict_name,
                                 {Verdict::supported, Verdict::contradicted, Verdict::not_resolved});
    judged.difference = row.maybe_real(11);
    judged.ci_low = row.maybe_real(12);
    judged.ci_high = row.maybe_real(13);
    judged.p = row.maybe_real(14);
    judged.p_holm = row.maybe_real(15);
    judged.why = row.text(16);
    judged.registered = value_named(row.text(17), registered_name,
                                    {Registered::before, Registered::after, Registered::never});
    claims.push_back(std::move(judged));
  }
  return claims;
}

Table registered_claims_table(Database& database, const std::string& sweep) {
  return claims_table(sweep + ": claims", registered_claims(database, sweep));
}

}  // namespace imp::results
