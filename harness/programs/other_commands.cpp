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
#include "harness/plan/machine_rate.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_printer.h"
#include "harness/plan/row_checks.h"
#include "harness/plan/schema.h"
#include "harness/plan/time_estimate.h"
#include "harness/preflight/preflight.h"
#include "harness/preflight/writable_folder.h"
#include "harness/programs/sweep_options.h"
#include "harness/stages/compute_dtype.h"
#include "models/device/compute_device.h"
#include "models/device/gpu_probe.h"
#include "models/io/error.h"
#include "models/io/printable.h"
#include "results/ingest.h"
#include "results/results_database.h"

namespace imp::harness {
namespace {

/// The looks of `doctor`, a line each.
class Examination {
 public:
  /// What a sweep cannot do without.
  template <class Look>
  void require(const std::string& what, const Look& look) {
    try {
      fmt::print("ok    {}: {}\n", what, printable(look()));
    } catch (const std::exception& error) {
      fmt::print("FAIL  {}: {}\n", what, printable(error.what()));
      code_ = 3;
    }
  }
  /// What only some sweeps need; `use` says which, and what others do.
  template <class Look>
  void want(const std::string& what, std::string_view use, const Look& look) {
    try {
      fmt::print("ok    {}: {}\n", what, printable(look()));
    } catch (const std::exception& error) {
      fmt::print("none  {}: {} ({})\n", what, printable(error.what()), use);
    }
  }

  [[nodiscard]] int exit_code() const { return code_; }

 private:
  int code_ = 0;
};

/// What the driver says of the GPU; where there is one, `auto` takes it, so it must work.
void examine_gpu(Examination& examination) {
  const models::GpuProbe probe = models::probe_gpu();
  examination.want("GPU", "models run on the processor", [&] {
    if (!probe.gpu) throw Error(probe.missing, ErrorKind::environment);
    return fmt::format(
        "{}, compute capability {:.1f}, {}", probe.gpu->in_words(), probe.gpu->compute_capability / 10.0,
        probe.gpu->has_bfloat16() ? "bfloat16" : "no bfloat16: only `dtype: float32` runs on it");
  });
  if (!probe.gpu) return;
  examination.require("LibTorch on the GPU", [] {
    const models::DeviceMemory memory = models::device_memory(models::resolve_device("cuda"));
    return fmt::format("{:.1f} GiB free", static_cast<double>(memory.free) / (1 << 30));
  });
}

/// What the embedded data are rendered from.
void examine_sources_of_scenes(Examination& examination) {
  constexpr std::string_view kUse =
      "scenetext and the mixes are rendered from them; rows and benchmarks in files of one's own need none";
  examination.want("fonts and backgrounds", kUse, [] {
    const Assets assets;
    return fmt::format("{} faces, {} backgrounds", assets.faces().size(), assets.backgrounds().size());
  });
  examination.want("words", kUse,
                   [] { return fmt::format("{} open words", Vocabulary().open_words(Split::train).size()); });
}

}  // namespace

int plan_sweep(const SweepOptions& options) {
  results::require_results_file(options.database);
  Plan plan =
      plan_and_check(load_sweep(options.file, options.overrides, options.only, options.runs), options.runs);
  require_writable_file(options.database);
  look_at_rows(plan);
  estimate_memory(plan);
  estimate_times(plan, measure_product_rate);
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
  Examination examination;
  const nlohmann::ordered_json machine = provenance("cpu");
  examination.require("processor", [&] { return machine["cpu"].get<std::string>(); });
  examination.require("threads", [&] { return std::to_string(at::get_num_threads()); });
  examination.require("LibTorch", [&] { return machine["torch_version"].get<std::string>(); });
  examine_gpu(examination);
  examination.require("faster dtype for a small model on the processor", [] {
    return std::string(faster_dtype(2048, 192, 768) == at::kBFloat16 ? "bfloat16" : "float32");
  });
  examine_sources_of_scenes(examination);
  examination.require("runs folder", [&] {
    std::error_code error;
    std::filesystem::create_directories(options.runs, error);
    if (error || ::access(options.runs.c_str(), W_OK) != 0) {
      throw Error(options.runs.string() + " cannot be written", ErrorKind::environment);
    }
    return fmt::format("{}, {} GiB free", options.runs.string(),
                       std::filesystem::space(options.runs).available >> 30);
  });
  return examination.exit_code();
}

}  // namespace imp::harness
