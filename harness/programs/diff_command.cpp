// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "harness/inventory/trial_difference.h"
#include "harness/inventory/trial_lookup.h"
#include "harness/programs/sweep_options.h"
#include "models/io/printable.h"

namespace imp::harness {

int diff_trials(const SweepOptions& options) {
  const std::vector<SweepFolder> sweeps = read_run_folders(options.runs);
  const TrialRecord& a = find_trial(sweeps, options.names.at(0));
  const TrialRecord& b = find_trial(sweeps, options.names.at(1));
  const TrialDifference difference = compare_trials(a, b, StageIndex(options.runs));
  using Json = nlohmann::ordered_json;
  fmt::print(
      "{}",
      printable_lines(
          options.json
              ? difference_as_json(difference).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
              : difference_as_text(difference, options.all)));
  return 0;
}

}  // namespace imp::harness
