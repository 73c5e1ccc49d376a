// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "results/commands/command.h"
#include "results/report/report_table.h"

namespace imp::results {

void add_cost_command(CLI::App& app, Action& action) {
  app.add_subcommand("cost", "What each trial cost: time, tokens, memory, FLOPs")->callback([&action] {
    action = [](const ReportOptions& options) { return report_table_by(cost_table, options); };
  });
}

}  // namespace imp::results
