// SPDX-License-Identifier: Apache-2.0
#include "results/report/report_text.h"

#include "results/report/effects_table.h"
#include "results/report/report_table.h"

namespace imp::results {

std::string report_text(Database& database, const std::string& sweep, const Format& format) {
  std::string text = format(report_table(database, sweep));
  const Table effects = effects_table(database, sweep, EffectRows::levels);
  return effects.rows.empty() ? text : text + "\n" + format(effects);
}

}  // namespace imp::results
