// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "harness/inventory/stage_history.h"
#include "harness/programs/sweep_options.h"
#include "models/io/printable.h"

namespace imp::harness {

int explain_stage(const SweepOptions& options) {
  const StageIndex index(options.runs);
  const EarlierStage& stage = index.named(options.names.at(0));
  const StageHistory history = history_of(stage, options.runs, index, read_run_folders(options.runs));
  std::optional<StageComparison> comparison;
  if (options.names.size() > 1) {
    comparison = compare_stages(stage, index.named(options.names[1]), index);
  } else if (!options.file.empty()) {
    const Plan plan =
        make_plan(load_sweep(options.file, options.overrides, options.only, options.runs), options.runs);
    comparison = compare_with_plan(stage, plan, index);
  }
  if (options.json) {
    nlohmann::ordered_json record = history_as_json(history);
    if (comparison) record["comparison"] = comparison_as_json(*comparison);
    fmt::print("{}\n",
               printable_lines(record.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
    return 0;
  }
  std::string text = history_as_text(history);
  if (comparison) text += '\n' + comparison_as_text(*comparison);
  fmt::print("{}", printable_lines(text));
  return 0;
}

}  // namespace imp::harness
