// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "results/commands/command.h"
#include "results/report/effects_table.h"

namespace imp::results {

void add_effects_command(CLI::App& app, Action& action) {
  const auto rows = std::make_shared<EffectRows>(EffectRows::levels);
  CLI::App* effects =
      app.add_subcommand("effects", "What each factor's levels make of the scores, with intervals");
  CLI::Option* families = effects->add_flag_callback(
      "--families", [rows] { *rows = EffectRows::families; }, "By question family");
  effects
      ->add_flag_callback(
          "--interactions", [rows] { *rows = EffectRows::interactions; },
          "How one factor's effect changes with another's level")
      ->excludes(families);
  effects->callback([rows, &action] {
    action = [rows](const ReportOptions& options) {
      return report_table_by(
          [rows](Database& database, const std::string& sweep) {
            return effects_table(database, sweep, *rows);
          },
          options);
    };
  });
}

}  // namespace imp::results
