// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/executor/local_executor.h"
#include "harness/executor/provenance.h"
#include "harness/plan/plan.h"
#include "harness/plan/sweep_record.h"
#include "harness/programs/sweep_options.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "results/ingest.h"
#include "results/report/format.h"
#include "results/report/report_table.h"
#include "results/results_database.h"
#include "results/store_error.h"

namespace imp::harness {
namespace {

/// Set by the first Ctrl-C: training saves a checkpoint and stops. A signal handler can reach nothing but a global.
std::atomic<bool> stop_requested{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void request_stop(int) {
  if (stop_requested.exchange(true)) std::_Exit(130);  // the second one does not wait
}

void write_sweep_json(const SweepOptions& options, const Plan& plan) {
  const std::filesystem::path file = options.runs / plan.sweep.spec.name / "sweep.json";
  std::string created = iso_time_now();
  if (std::filesystem::exists(file)) {
    const auto earlier = nlohmann::json::parse(read_file(file), nullptr, false);
    if (earlier.is_object()) created = earlier.value("created", created);
  }
  write_file_atomically(file, sweep_record(plan, created).dump(2) + "\n");
}

/// Takes what the run folders hold into the database. A locked database loses nothing: the folders keep it.
void ingest(const SweepOptions& options, const std::string& sweep, const std::string& trial) {
  try {
    results::Database database = results::open_results(options.database, results::Access::write);
    const results::Problems problems = trial.empty() ? results::ingest_sweep(database, options.runs, sweep)
                                                     : results::ingest_trial(database, options.runs, sweep, trial);
    for (const std::string& problem : problems) fmt::print(stderr, "{}\n", problem);
  } catch (const results::StoreError& error) {
    fmt::print(stderr, "{}; the results stay in {}, `imp-sweep rebuild` takes them in\n", error.what(),
               (options.runs / sweep).string());
  }
}

void print_table(const SweepOptions& options, const std::string& sweep) {
  results::Database database = results::open_results(options.database, results::Access::read);
  const results::Table table = results::report_table(database, sweep);
  fmt::print("{}", options.json ? results::to_json(table) : results::to_markdown(table));
}

}  // namespace

int run_sweep(const SweepOptions& options) {
  // The record in the run folder is of the whole sweep, whatever --only picks today.
  const Plan whole = make_plan(load_sweep(options.file, options.overrides), options.runs);
  const Plan plan = options.only.empty() ? whole : make_plan(load_sweep(options.file, options.overrides, options.only), options.runs);
  const std::string& name = whole.sweep.spec.name;
  write_sweep_json(options, whole);
  ingest(options, name, "");

  stop_requested = false;
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  Progress progress(options.events);
  LocalExecutor executor(plan, options.runs, stop_requested, progress,
                         [&](const std::string& trial) { ingest(options, name, trial); });
  const SweepResult result = executor.run();
  if (result.interrupted) {
    fmt::print(stderr, "stopped; the same command goes on from here\n");
    return 130;
  }
  print_table(options, name);
  return result.failed > 0 ? 1 : 0;
}

}  // namespace imp::harness
