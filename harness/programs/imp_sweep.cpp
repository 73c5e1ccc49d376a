// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <functional>

#include "harness/programs/sweep_options.h"
#include "imp_version.h"
#include "models/device/subnormals.h"
#include "models/io/error.h"
#include "models/io/printable.h"
#include "results/store_error.h"

namespace {

using imp::harness::SweepOptions;

struct Command {
  const char* name;
  const char* help;  ///< empty: not for people
  bool takes_file;
  int (*function)(const SweepOptions&);
};

constexpr Command kCommands[] = {
    {"run", "Run all that is missing of a sweep, and print its table (the default command)", true,
     imp::harness::run_sweep},
    {"plan", "Say what a run would do: cells, stages, reasons, estimated time", true,
     imp::harness::plan_sweep},
    {"status", "Say how far each trial has come", true, imp::harness::show_status},
    {"worker", "", true, imp::harness::work_for_coordinator},
    {"rebuild", "Make the database again from the run folders", false, imp::harness::rebuild_database},
    {"gc", "List what no sweep or trial in the runs folder refers to; remove it with --remove", false,
     imp::harness::collect_garbage},
    {"why", "Say what a stage is, what uses it, and why a sweep wants another in its place", false,
     imp::harness::explain_stage},
    {"diff",
     "Say what two trials differ in: configuration, stages, machine. Whether their scores differ by more "
     "than chance is told by `imp-report diff`",
     false, imp::harness::diff_trials},
    {"schema", "Print the JSON Schema of sweep files", false, imp::harness::print_schema},
    {"doctor", "Check that this machine has what a sweep needs", false, imp::harness::examine_machine},
};

void add_options_of_folder_commands(CLI::App& app, const std::string& name, SweepOptions& options) {
  if (name == "gc") app.add_flag("--remove", options.remove, "Remove what is listed");
  if (name == "why") {
    app.add_option("stage", options.names,
                   "A stage's folder, its key or the beginning of one; a second one to compare it with")
        ->required()
        ->expected(1, 2);
    app.add_option("--file", options.file, "A sweep file: what it wants in place of this stage, and why");
    app.add_option("--set", options.overrides, "With --file: override a key of the configuration");
  }
  if (name == "diff") {
    app.add_option("trial", options.names, "Two trials: sweep/trial, the beginning of one, or a run folder")
        ->required()
        ->expected(2);
    app.add_flag("--all", options.all, "Show the keys that are alike, too");
  }
}

void add_options(CLI::App& app, const Command& command, SweepOptions& options) {
  if (command.takes_file) {
    app.add_option("file", options.file, "The sweep file")->required();
    app.add_option("--set", options.overrides, "Override a key of the configuration: key=value");
    app.add_option("--only", options.only,
                   "Only trials for which this condition holds, e.g. \"lora_rank == 128\"");
  }
  app.add_option("--runs", options.runs, "Folder of the runs")->capture_default_str();
  app.add_option("--db", options.database, "Results database")->capture_default_str();
  app.add_flag("--json", options.json, "Print JSON");
  add_options_of_folder_commands(app, command.name, options);
  if (std::strcmp(command.name, "run") != 0) return;
  app.add_option(
         "--jobs", options.jobs,
         "Trials at once, each in a process of its own with its share of the cores; auto: as many as are "
         "faster than one")
      ->check(CLI::IsMember({"auto"}) | CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--executor", options.executor, "Where trials run")
      ->check(CLI::IsMember({"local"}))
      ->capture_default_str();
  app.add_flag("--fail-fast", options.fail_fast, "Stop with the first trial that fails");
  CLI::Option* until_resolved = app.add_option(
      "--until-resolved", options.until_resolved,
      "Add seeds where an effect of this factor is not resolved; at most four looks, accounted for");
  app.add_option("--budget", options.budget,
                 "With --until-resolved: add no seeds whose estimated time goes beyond this, e.g. 2h or 90m")
      ->needs(until_resolved);
  app.add_option("--events", options.events, "Write an event a line (NDJSON) to this file");
}

/// `imp-sweep FILE.yaml` means `imp-sweep run FILE.yaml`.
std::vector<std::string> with_default_command(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments.front().starts_with("-")) return arguments;
  for (const Command& command : kCommands) {
    if (arguments.front() == command.name) return arguments;
  }
  arguments.insert(arguments.begin(), "run");
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  imp::models::flush_subnormals();
  CLI::App app(
      "Runs a study from a YAML file: expands it, trains every variant, scores it, records everything.",
      "imp-sweep");
  app.require_subcommand(1);
  app.set_version_flag("--version", imp::version_line_with_torch("imp-sweep"));
  SweepOptions options;
  int code = 0;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    if (*command.help == '\0') sub->group("");
    add_options(*sub, command, options);
    sub->callback([&options, &code, &command] { code = command.function(options); });
  }
  try {
    std::vector<std::string> arguments = with_default_command(argc, argv);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes a vector from its back
    app.parse(arguments);
    return code;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "imp-sweep: {}; `imp-sweep --help` lists commands and options\n",
               imp::printable(error.what()));
    return 2;
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", imp::printable_lines(error.what()));
    return error.exit_code();
  } catch (const imp::results::StoreError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    fmt::print(stderr, "imp-sweep: {}\n", imp::printable(error.what()));
    return 3;
  }
}
