// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "imp_version.h"
#include "results/files.h"
#include "results/output_path.h"
#include "results/printable.h"
#include "results/report/effects_table.h"
#include "results/report/format.h"
#include "results/report/power_table.h"
#include "results/report/report_table.h"
#include "results/report/report_text.h"
#include "results/results_database.h"
#include "results/store_error.h"

namespace {

using imp::results::StoreError;
using imp::results::StoreErrorKind;

struct Options {
  std::string database = "results/imp.db";
  std::string sweep;
  std::string format = "md";
  std::string output;
};

void write_stdout(const std::string& text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) {
    throw StoreError("standard output: " + std::generic_category().message(errno),
                     StoreErrorKind::environment);
  }
}

/// Makes the table that a subcommand is about; none without a subcommand, which reports the sweep.
using MakeTable = std::function<imp::results::Table(imp::results::Database&, const std::string&)>;

std::string text_of(imp::results::Database& database, const Options& options, const MakeTable& make_table) {
  const imp::results::Format format = imp::results::find_format(options.format);
  if (!make_table && options.format == "md") return imp::results::report_text(database, options.sweep);
  const imp::results::Table table =
      make_table ? make_table(database, options.sweep) : imp::results::report_table(database, options.sweep);
  if (options.format == "csv") {  // has no place for notes, and they must not be lost
    for (const std::string& note : table.notes)
      fmt::print(stderr, "note: {}\n", imp::results::printable(note));
  }
  return format(table);
}

void report(const Options& options, const MakeTable& make_table) {
  static_cast<void>(imp::results::find_format(options.format));  // said before a database is opened
  const bool to_stdout = options.output.empty() || options.output == "-";
  if (!to_stdout) imp::results::require_output_file(options.output, options.database);
  imp::results::Database database = imp::results::open_results(options.database, imp::results::Access::read);
  const std::string text = text_of(database, options, make_table);
  to_stdout ? write_stdout(text) : imp::results::write_text_atomically(options.output, text);
}

void add_effects_command(CLI::App& app, MakeTable& make_table) {
  using imp::results::EffectRows;
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
  effects->callback([rows, &make_table] {
    make_table = [rows](imp::results::Database& database, const std::string& sweep) {
      return imp::results::effects_table(database, sweep, *rows);
    };
  });
}

void add_power_command(CLI::App& app, MakeTable& make_table) {
  const auto effect = std::make_shared<double>(1.0);
  CLI::App* power = app.add_subcommand("power", "How many seeds see a difference of a given size");
  power->add_option("--effect", *effect, "The true difference, in points")
      ->check(CLI::Range(0.001, 100.0))
      ->capture_default_str();
  power->callback([effect, &make_table] {
    make_table = [effect](imp::results::Database& database, const std::string& sweep) {
      return imp::results::power_table(database, sweep, *effect / 100.0);
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Tables of a sweep's results: scores with their errors, blind control, effects, cost.",
               "imp-report");
  app.fallthrough();
  app.set_version_flag("--version", imp::version_line("imp-report"));
  app.add_option("--db", options.database, "Results database")->capture_default_str();
  app.add_option("--sweep", options.sweep, "Sweep to report (default: the newest)");
  app.add_option("--format", options.format, "md, csv, json, latex or html")->capture_default_str();
  app.add_option("-o,--output", options.output,
                 "Write to this regular file, whole or not at all; never the database (default, and -: "
                 "standard output)");
  MakeTable make_table;
  app.add_subcommand("cost", "What each trial cost: time, tokens, memory, FLOPs")->callback([&] {
    make_table = imp::results::cost_table;
  });
  add_effects_command(app, make_table);
  app.add_subcommand("noise",
                     "How much seeds spread, and the smallest difference that so many of them resolve")
      ->callback([&] { make_table = imp::results::noise_table; });
  add_power_command(app, make_table);
  try {
    app.parse(argc, argv);
    report(options, make_table);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "imp-report: {}; see imp-report --help\n", imp::results::printable(error.what()));
    return 2;
  } catch (const StoreError& error) {
    fmt::print(stderr, "imp-report: {}\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    fmt::print(stderr, "imp-report: {}\n", imp::results::printable(error.what()));
    return 3;
  }
}
