// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "results/commands/command.h"
#include "results/report/power_table.h"

namespace imp::results {

void add_noise_command(CLI::App& app, Action& action) {
  app.add_subcommand("noise",
                     "How much seeds spread, and the smallest difference that so many of them resolve")
      ->callback([&action] {
        action = [](const ReportOptions& options) { return report_table_by(noise_table, options); };
      });
}

}  // namespace imp::results
