// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "results/commands/command.h"
#include "results/report/power_table.h"

namespace imp::results {

void add_power_command(CLI::App& app, Action& action) {
  const auto effect = std::make_shared<double>(1.0);
  CLI::App* power = app.add_subcommand("power", "How many seeds see a difference of a given size");
  power->add_option("--effect", *effect, "The true difference, in points")
      ->check(CLI::Range(0.001, 100.0))
      ->capture_default_str();
  power->callback([effect, &action] {
    action = [effect](const ReportOptions& options) {
      return report_table_by(
          [effect](Database& database, const std::string& sweep) {
            return power_table(database, sweep, *effect / 100.0);
          },
          options);
    };
  });
}

}  // namespace imp::results
