// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/preflight.h"

#include <optional>
#include <set>

#include "harness/plan/claims_record.h"
#include "harness/plan/features_choice.h"
#include "harness/plan/plan_devices.h"
#include "harness/preflight/attempt.h"
#include "harness/preflight/benchmark_check.h"
#include "harness/preflight/device_check.h"
#include "harness/preflight/disk_check.h"
#include "harness/preflight/model_check.h"
#include "harness/preflight/rows_file.h"
#include "harness/preflight/runs_folder.h"
#include "harness/preflight/writable_folder.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

/// What of a trial is still to be made. A trial that lacks an input has no stages yet, so all of it is.
class Pending {
 public:
  Pending(const PlannedTrial& trial, const Plan& plan) : all_(trial.stages.empty()) {
    for (const std::size_t index : trial.planned) {
      const PlannedStage& stage = plan.stages[index];
      if (stage.status == StageStatus::reuse) continue;
      kinds_.insert(stage.request->kind);
      if (stage.request->kind == "eval") benchmarks_.insert(stage.request->parameters.value("benchmark", ""));
    }
  }

  [[nodiscard]] bool stage(std::string_view kind) const { return all_ || kinds_.contains(kind); }
  [[nodiscard]] bool benchmark(const std::string& name) const { return all_ || benchmarks_.contains(name); }

 private:
  bool all_;
  std::set<std::string, std::less<>> kinds_, benchmarks_;
};

class Preflight {
 public:
  Preflight(Plan& plan, Diagnostics& diagnostics)
      : plan_(plan), spec_(plan.sweep.spec), diagnostics_(diagnostics), models_(spec_, diagnostics) {}

  void run(const fs::path& runs_dir, std::optional<std::int64_t> available) {
    for (const PlannedTrial& trial : plan_.trials)
      if (trial.trial.config.pretrain.empty()) check(trial);
    estimate_bytes(plan_, models_);
    const std::int64_t room =
        available.value_or(available_bytes(runs_dir)) + unfinished_features_bytes(plan_, runs_dir);
    choose_features(plan_, room);
    const Location file{spec_.file.string(), 0, 0};
    attempt(diagnostics_, file, "--runs",
            [&] { require_room(plan_.bytes, room, runs_dir, bytes_of_features()); });
  }

 private:
  void check(const PlannedTrial& planned) {
    const Pending pending(planned, plan_);
    const TrialConfig& config = planned.trial.config;
    const bool connector =
        pending.stage("connector") && config.checkpoint.empty() && config.connector_epochs > 0;
    const bool finetune = pending.stage("finetune") || pending.stage("trunk");
    const bool eval = pending.stage("eval") && !spec_.benchmarks.empty();
    models_.check(planned.trial,
                  {.vision = pending.stage("features") || computes_features(planned, plan_) || eval,
                   .language = connector || finetune || eval,
                   .connector = connector,
                   .finetune = finetune});
    if (pending.stage("data") || pending.stage("features")) {
      if (connector) check_rows(planned.trial, "connector_data", config.connector_data);
      check_rows(planned.trial, "finetune_data", config.finetune_data);
    }
    for (const Benchmark& benchmark : spec_.benchmarks) {
      if (!pending.benchmark(benchmark.name) || !benchmarks_.insert(benchmark.name).second) continue;
      if (const auto counts = check_benchmark(benchmark, diagnostics_)) plan_.benchmarks.push_back(*counts);
    }
  }

  void check_rows(const Trial& trial, std::string_view key, const DataSource& source) {
    if (source.json.empty() || !fs::exists(source.json) ||
        !rows_.insert(source.json + '\n' + source.images).second)
      return;
    attempt(diagnostics_, origin_of(trial, spec_, key), key, [&] { check_rows_file(source); });
  }

  [[nodiscard]] std::int64_t bytes_of_features() const {
    std::int64_t bytes = 0;
    for (const PlannedStage& stage : plan_.stages)
      if (stage.request->kind == "features") bytes += stage.bytes;
    return bytes;
  }

  Plan& plan_;
  const SweepSpec& spec_;
  Diagnostics& diagnostics_;
  ModelCheck models_;
  std::set<std::string> benchmarks_, rows_;  ///< that were looked at
};

}  // namespace

Plan plan_and_check(Sweep sweep, const fs::path& runs_dir, std::optional<std::int64_t> available) {
  require_own_runs_folder(runs_dir, sweep.spec.name);
  Diagnostics diagnostics;
  Plan plan = make_plan(std::move(sweep), runs_dir, diagnostics);
  check_claims(plan.sweep.spec, diagnostics);
  Preflight(plan, diagnostics).run(runs_dir, available);
  look_for_gpu(plan);
  check_devices(plan, diagnostics);
  forget_times_of_other_devices(plan);
  diagnostics.throw_if_any();
  require_writable_folder(runs_dir);
  return plan;
}

}  // namespace imp::harness
