// SPDX-License-Identifier: Apache-2.0
#include "results/report/report_text.h"

#include "results/report/effects_table.h"
#include "results/report/format.h"
#include "results/report/report_table.h"

namespace imp::results {

std::string report_text(Database& database, const std::string& sweep) {
  std::string text = to_markdown(report_table(database, sweep));
  const Table effects = effects_table(database, sweep, EffectRows::levels);
  return effects.rows.empty() ? text : text + "\n" + to_markdown(effects);
}

}  // namespace imp::results
