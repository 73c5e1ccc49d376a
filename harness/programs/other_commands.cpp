// SPDX-License-Identifier: Apache-2.0
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "harness/data/assets.h"
#include "harness/data/vocabulary.h"
#include "harness/executor/outcome.h"
#include "harness/executor/provenance.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_printer.h"
#include "harness/plan/row_checks.h"
#include "harness/plan/schema.h"
#include "harness/preflight/preflight.h"
#include "harness/preflight/writable_folder.h"
#include "harness/programs/sweep_options.h"
#include "harness/stages/compute_dtype.h"
#include "models/io/error.h"
#include "models/io/printable.h"
#include "results/ingest.h"
#include "results/results_database.h"

namespace imp::harness {

int plan_sweep(const SweepOptions& options) {
  results::require_results_file(options.database);
  Plan plan =
      plan_and_check(load_sweep(options.file, options.overrides, options.only, options.runs), options.runs);
  require_writable_file(options.database);
  look_at_rows(plan);
  estimate_memory(plan);
  plan.expected = expected_intervals(plan, options.database);
  using Json = nlohmann::ordered_json;
  fmt::print("{}",
             printable_lines(
                 options.json ? plan_as_json(plan).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"
                              : plan_as_text(plan)));
  return 0;
}

int show_status(const SweepOptions& options) {
  const Plan plan =
      make_plan(load_sweep(options.file, options.overrides, options.only, options.runs), options.runs);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const PlannedTrial& planned : plan.trials) {
    const nlohmann::json outcome = read_outcome(options.runs / plan.sweep.spec.name / planned.trial.name);
    size_t made = 0;
    for (const size_t stage : planned.planned)
      made += plan.stages[stage].status == StageStatus::reuse ? 1 : 0;
    rows.push_back({{"trial", planned.trial.name},
                    {"status", outcome.is_object() ? outcome.value("status", "") : "planned"},
                    {"stages_done", made},
                    {"stages", planned.stages.size()}});
  }
  if (options.json) {
    fmt::print("{}\n",
               printable_lines(rows.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
    return 0;
  }
  for (const auto& row : rows) {
    fmt::print("{:<40} {:<12} {} of {} stages\n", printable(row["trial"].get<std::string>()),
               printable(row["status"].get<std::string>()), row["stages_done"].get<size_t>(),
               row["stages"].get<size_t>());
  }
  return 0;
}

int rebuild_database(const SweepOptions& options) {
  const results::Problems problems = results::rebuild(options.database, options.runs);
  for (const std::string& problem : problems) fmt::print(stderr, "{}\n", printable(problem));
  fmt::print("{} made from {}\n", printable(options.database.string()), printable(options.runs.string()));
  return problems.empty() ? 0 : 1;
}

int print_schema(const SweepOptions&) {
  fmt::print("{}\n", sweep_schema().dump(2));
  return 0;
}

int examine_machine(const SweepOptions& options) {
  int code = 0;
  const auto check = [&](const std::string& what, const auto& look) {
    try {
      fmt::print("ok    {}: {}\n", what, printable(look()));
    } catch (const std::exception& error) {
      fmt::print("FAIL  {}: {}\n", what, printable(error.what()));
      code = 3;
    }
  };
  const nlohmann::ordered_json machine = provenance();
  check("processor", [&] { return machine["cpu"].get<std::string>(); });
  check("threads", [&] { return std::to_string(at::get_num_threads()); });
  check("LibTorch", [&] { return machine["torch_version"].get<std::string>(); });
  check("faster dtype for a small model",
        [] { return std::string(faster_dtype(2048, 192, 768) == at::kBFloat16 ? "bfloat16" : "float32"); });
  check("fonts and backgrounds", [] {
    const Assets assets;
    return fmt::format("{} faces, {} backgrounds", assets.faces().size(), assets.backgrounds().size());
  });
  check("words", [] { return fmt::format("{} open words", Vocabulary().open_words(Split::train).size()); });
  check("runs folder", [&] {
    std::error_code error;
    std::filesystem::create_directories(options.runs, error);
    if (error || ::access(options.runs.c_str(), W_OK) != 0) {
      throw Error(options.runs.string() + " cannot be written", ErrorKind::environment);
    }
    return fmt::format("{}, {} GiB free", options.runs.string(),
                       std::filesystem::space(options.runs).available >> 30);
  });
  return code;
}

}  // namespace imp::harness
