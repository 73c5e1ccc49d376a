// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "results/commands/command.h"
#include "results/commands/output.h"
#include "results/compare/cell_difference.h"
#include "results/compare/database_difference.h"
#include "results/results_database.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;

struct Sides {
  std::string a, b;
};

bool is_file(const std::string& name) {
  std::error_code error;
  return fs::exists(name, error);
}

int diff_databases(const ReportOptions& options, const Sides& sides) {
  const Output output(options, {sides.a, sides.b});
  Database a = open_results(sides.a, Access::read);
  Database b = open_results(sides.b, Access::read);
  const Differences differences = database_differences(a, b);
  output.write(differences.table);
  return differences.scores_differ ? 1 : 0;
}

int diff_cells(const ReportOptions& options, const Sides& sides) {
  const Output output(options, {options.database});
  Database database = open_results(options.database, Access::read);
  const Differences differences = cell_differences(database, sides.a, sides.b, options.sweep);
  output.write(differences.table);
  return differences.scores_differ ? 1 : 0;
}

int diff(const ReportOptions& options, const Sides& sides) {
  if (is_file(sides.a) != is_file(sides.b)) {
    const std::string& other = is_file(sides.a) ? sides.b : sides.a;
    throw StoreError(other + ": no such file; diff takes two databases, or two cells of --db");
  }
  return is_file(sides.a) ? diff_databases(options, sides) : diff_cells(options, sides);
}

}  // namespace

void add_diff_command(CLI::App& app, Action& action) {
  const auto sides = std::make_shared<Sides>();
  CLI::App* command = app.add_subcommand(
      "diff",
      "What two cells or two databases differ in, and whether their scores do. Exit code 0: no score differs "
      "beyond "
      "chance (databases: the same trials with the same scores); 1: some does, or could not be compared");
  command
      ->add_option("a", sides->a,
                   "A cell or trial (lora_rank=128; SWEEP:lora_rank=128,seed=1), or a database")
      ->required();
  command->add_option("b", sides->b, "The other one")->required();
  command->callback(
      [sides, &action] { action = [sides](const ReportOptions& options) { return diff(options, *sides); }; });
}

}  // namespace imp::results
