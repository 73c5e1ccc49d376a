// SPDX-License-Identifier: Apache-2.0
#include "results/report/report_text.h"

#include "results/report/claims_table.h"
#include "results/report/effects_table.h"
#include "results/report/report_table.h"
#include "results/report/sweep_choice.h"

namespace imp::results {

std::string report_text(Database& database, const std::string& sweep, const Format& format) {
  std::string text = format(report_table(database, sweep));
  const Table effects = effects_table(database, sweep, EffectRows::levels);
  if (!effects.rows.empty()) text += "\n" + format(effects);
  const Table claims = registered_claims_table(database, choose_sweep(database, sweep));
  if (!claims.rows.empty()) text += "\n" + format(claims);
  return text;
}

}  // namespace imp::results
