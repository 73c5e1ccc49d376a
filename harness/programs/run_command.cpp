// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/executor/local_executor.h"
#include "harness/executor/machine.h"
#include "harness/executor/provenance.h"
#include "harness/executor/worker_pool.h"
#include "harness/lease/lease.h"
#include "harness/plan/added_seeds.h"
#include "harness/plan/claims_record.h"
#include "harness/plan/plan.h"
#include "harness/plan/row_checks.h"
#include "harness/plan/sweep_record.h"
#include "harness/preflight/device_check.h"
#include "harness/preflight/preflight.h"
#include "harness/programs/stop_request.h"
#include "harness/programs/sweep_options.h"
#include "harness/programs/sweep_run.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/output_path.h"
#include "models/io/printable.h"
#include "results/ingest.h"
#include "results/output_path.h"
#include "results/report/format.h"
#include "results/report/page/page.h"
#include "results/report/report_table.h"
#include "results/report/report_text.h"
#include "results/report/terminal.h"
#include "results/results_database.h"
#include "results/store_error.h"

namespace imp::harness {
namespace {

/// What starts a worker of this sweep: imp-sweep's own arguments.
std::vector<std::string> worker_arguments(const SweepOptions& options) {
  std::vector<std::string> arguments{"worker", options.file, "--runs", options.runs};
  for (const std::string& setting : options.overrides) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
  if (!options.only.empty()) arguments.insert(arguments.end(), {"--only", options.only});
  return arguments;
}

/// Runs what is missing here or in workers, as `--jobs` says.
SweepResult run_missing(const SweepOptions& options, Plan& plan, Progress& progress,
                        const TrialEnded& trial_ended) {
  StopRequest& stop = stop_request();
  const auto run_here = [&] {
    return LocalExecutor(plan, options.runs, stop.made, progress, trial_ended).run(options.fail_fast);
  };
  if (options.jobs == "1") return run_here();
  estimate_memory(plan);
  const Machine machine = measure_machine();
  const Jobs jobs = choose_jobs(options.jobs, plan, machine);
  if (jobs.count == 1) return run_here();
  stop.second_ends_process = false;  // it ends the workers, too
  std::signal(SIGPIPE, SIG_IGN);     // a worker may die before it takes its unit
  const SweepResult result =
      WorkerPool(plan, options.runs, {worker_arguments(options), machine, jobs, options.fail_fast}, stop.made,
                 stop.count, progress, trial_ended)
          .run();
  std::signal(SIGPIPE, SIG_DFL);
  stop.second_ends_process = true;
  return result;
}

void write_sweep_json(const SweepOptions& options, const Plan& plan) {
  const std::filesystem::path file = options.runs / plan.sweep.spec.name / "sweep.json";
  std::string created = iso_time_now();
  if (std::filesystem::exists(file)) {
    const auto earlier = nlohmann::json::parse(read_file(file), nullptr, false);
    const bool knows_when =
        earlier.is_object() && earlier.contains("created") && earlier["created"].is_string();
    if (knows_when) created = earlier["created"].get<std::string>();
  }
  const std::string text = sweep_record(plan, created).dump(2) + "\n";
  // Left alone if nothing changed, so that the database sees that nothing did.
  if (!std::filesystem::exists(file) || read_file(file) != text) write_file_atomically(file, text);
}

/// Takes what the run folders hold into the database. One that is locked, full or newer loses nothing: the
/// folders keep it, and the next try takes in the whole sweep.
class Recorder {
 public:
  Recorder(const SweepOptions& options, std::string sweep)
      : options_(options), sweep_(std::move(sweep)), ingest_(options.runs, sweep_) {}

  void take_in_sweep() {
    take_in([&](results::Database& database) { return ingest_.take_in_sweep(database); });
  }
  void take_in_trial(const std::string& trial) {
    if (behind_) return take_in_sweep();
    take_in([&](results::Database& database) { return ingest_.take_in_trial(database, trial); });
  }
  /// Whether the last try failed.
  [[nodiscard]] bool behind() const { return behind_; }

 private:
  template <class Ingest>
  void take_in(const Ingest& ingest) {
    try {
      results::Database database = results::open_results(options_.database, results::Access::write);
      for (const std::string& problem : ingest(database)) fmt::print(stderr, "{}\n", printable(problem));
      behind_ = false;
    } catch (const results::StoreError& error) {
      behind_ = true;
      const std::string line = fmt::format("{}; the results stay in {}, `imp-sweep rebuild` takes them in",
                                           error.what(), (options_.runs / sweep_).string());
      if (line != said_) fmt::print(stderr, "{}\n", printable(line));
      said_ = line;
    }
  }

  const SweepOptions& options_;
  std::string sweep_, said_;
  results::SweepIngest ingest_;
  bool behind_ = false;
};

void print_table(const SweepOptions& options, const std::string& sweep) {
  results::Database database = results::open_results(options.database, results::Access::read);
  fmt::print("{}", options.json
                       ? results::to_json(results::report_table(database, sweep))
                       : results::report_text(database, sweep, results::format_of_standard_output()));
}

/// The page beside the database. Where it cannot be written the results are safe all the same.
void write_page(const SweepOptions& options, const std::string& sweep) {
  try {
    results::Database database = results::open_results(options.database, results::Access::read);
    const std::filesystem::path page = results::write_html_page(database, sweep);
    fmt::print(stderr, "the report with charts and answers: {}\n", printable(page.string()));
  } catch (const results::StoreError& error) {
    fmt::print(stderr, "no report was written: {}\n", printable(error.what()));
  }
}

/// What the command line says is to be written must not cost anything that is there.
void check_outputs(const SweepOptions& options) {
  results::require_results_file(options.database);
  if (options.events.empty()) return;
  results::require_output_file(options.events, options.database);
  require_output_file(options.events, {options.file});
}

}  // namespace

SweepRun::SweepRun(const SweepOptions& options)
    : options_(options), progress_((check_outputs(options), options.events)) {}

int SweepRun::make_missing(const std::optional<results::LooksRecord>& looks) {
  Plan plan = plan_and_check(load_sweep(options_.file, options_.overrides, options_.only, options_.runs),
                             options_.runs);
  require_devices(plan);
  look_at_rows(plan);
  // The record in the run folder is of the whole sweep, whatever --only picks today.
  const Plan whole =
      options_.only.empty()
          ? plan
          : make_plan(load_sweep(options_.file, options_.overrides, "", options_.runs), options_.runs);
  name_ = whole.sweep.spec.name;
  write_sweep_json(options_, whole);
  record_claims(whole.sweep.spec, options_.runs, iso_time_now());
  if (looks) write_looks(options_.runs, name_, *looks);
  Recorder recorder(options_, name_);
  recorder.take_in_sweep();

  listen_for_stop_requests();
  const SweepResult result = run_missing(options_, plan, progress_,
                                         [&](const std::string& trial) { recorder.take_in_trial(trial); });
  for (const std::string& folder : {std::string("stages"), name_})
    remove_leases_of_gone_processes(options_.runs / folder);
  // The whole of it, also if it was interrupted: effects compare all cells that there are.
  recorder.take_in_sweep();
  if (result.interrupted) {
    fmt::print(stderr, "stopped; the same command goes on from here\n");
    return result.failed > 0 && options_.fail_fast ? kSomeFailed : code_of_stop();
  }
  if (recorder.behind()) return kEnvironment;
  return result.failed > 0 ? kSomeFailed : 0;
}

void SweepRun::show() const {
  print_table(options_, name_);
  write_page(options_, name_);
}

int run_sweep(const SweepOptions& options) {
  if (!options.until_resolved.empty()) return run_until_resolved(options);
  SweepRun run(options);
  const int code = run.make_missing(std::nullopt);
  if (code == 0 || code == kSomeFailed) run.show();
  return code;
}

}  // namespace imp::harness
