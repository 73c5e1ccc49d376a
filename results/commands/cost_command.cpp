// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "results/commands/command.h"
#include "results/report/cost_table.h"

namespace imp::results {

void add_cost_command(CLI::App& app, Action& action) {
  const auto rate = std::make_shared<MachineRate>();
  CLI::App* cost =
      app.add_subcommand("cost", "What each trial cost: time, tokens, FLOPs, memory, energy, money");
  CLI::Option* an_hour = cost->add_option("--rate", rate->an_hour, "What an hour of the machine costs")
                             ->check(CLI::Range(0.0, 1e9));
  cost->add_option("--currency", rate->currency, "What the rate is in, such as EUR")->needs(an_hour);
  cost->callback([rate, an_hour, &action] {
    const auto given = an_hour->count() > 0 ? std::optional(*rate) : std::nullopt;
    action = [given](const ReportOptions& options) {
      return report_table_by(
          [&](Database& database, const std::string& sweep) { return cost_table(database, sweep, given); },
          options);
    };
  });
}

}  // namespace imp::results
