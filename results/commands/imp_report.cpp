// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <string>

#include "imp_version.h"
#include "results/commands/command.h"
#include "results/printable.h"
#include "results/store_error.h"

namespace {

using imp::results::ReportOptions;

void add_shared_options(CLI::App& app, ReportOptions& options) {
  app.fallthrough();  // before subcommands are added, so that theirs take these options too
  app.set_version_flag("--version", imp::version_line("imp-report"));
  app.add_option("--db", options.database, "Results database")->capture_default_str();
  app.add_option("--sweep", options.sweep, "Sweep to report (default: the newest)");
  CLI::Option* format = app.add_option(
      "--format", options.format,
      "text, md, csv, json, latex or html (default: text on a terminal, which honours NO_COLOR, else md)");
  app.add_flag("--json", options.json, "The same as --format json")->excludes(format);
  app.add_option("-o,--output", options.output,
                 "Write to this regular file, whole or not at all; never the database (default, and -: "
                 "standard output)");
}

int run(int argc, char** argv) {
  ReportOptions options;
  imp::results::Action action = imp::results::report_sweep;
  CLI::App app("Tables of a sweep's results: scores with their errors, blind control, effects, cost.",
               "imp-report");
  add_shared_options(app, options);
  app.add_flag("--open", options.open,
               "Write the sweep's page (-o, or SWEEP.html beside the database) and open it in the browser");
  imp::results::add_effects_command(app, action);
  imp::results::add_noise_command(app, action);
  imp::results::add_power_command(app, action);
  imp::results::add_cost_command(app, action);
  imp::results::add_verify_command(app, action);
  imp::results::add_diff_command(app, action);
  imp::results::add_merge_command(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "imp-report: {}; see imp-report --help\n", imp::results::printable(error.what()));
    return 2;
  }
  if (options.open && app.get_subcommands().empty()) action = imp::results::open_page;
  return action(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const imp::results::StoreError& error) {
    fmt::print(stderr, "imp-report: {}\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    fmt::print(stderr, "imp-report: {}\n", imp::results::printable(error.what()));
    return 3;
  }
}
