// SPDX-License-Identifier: Apache-2.0
#include "results/report/unfinished_mark.h"

#include <fmt/format.h>

#include "results/unfinished.h"

namespace imp::results {

void mark_if_unfinished(Table& table, Database& database, const std::string& sweep) {
  const OpenTrials trials = open_trials(database, sweep);
  if (trials.open == 0) return;
  table.title += " (unfinished)";
  table.notes.insert(table.notes.begin(),
                     fmt::format("unfinished: {} of {} trials are still to run, so nothing here is "
                                 "final",
                                 trials.open, trials.all));
}

}  // namespace imp::results
