// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/plan/earlier_stages.h"
#include "harness/plan/expand.h"
#include "harness/plan/expected_intervals.h"
#include "harness/plan/memory_estimate.h"
#include "harness/plan/stage_list.h"
#include "models/device/gpu_probe.h"

namespace imp::harness {

/// What a sweep will do about a stage: make it for one trial; make it once for several; take what lies there.
enum class StageStatus { run, share, reuse };

/// Where an estimated time comes from: an earlier stage of the kind; the FLOP rate of other stages that this
/// machine made; its measured rate; what such stages take elsewhere.
enum class TimeSource { none, same_kind, other_stages, measured_rate, typical };

/// A stage of a plan, once however many trials need it.
struct PlannedStage {
  StageList::Shared request;
  StageStatus status = StageStatus::run;
  std::string reason;
  std::size_t trials = 0;         ///< that need it
  std::optional<double> seconds;  ///< estimated, from an earlier stage of its kind; 0 for one that is reused
  TimeSource seconds_from = TimeSource::none;
  double earlier_seconds = -1;                       ///< of that stage; negative: not known
  double earlier_flops = 0;                          ///< of it; 0: not known
  std::string earlier_device = {};                   ///< that it was made on
  std::optional<MemoryEstimate> memory = {};         ///< of its process; set by estimate_memory
  std::optional<MemoryEstimate> device_memory = {};  ///< of the GPU, where it runs on one; likewise
  std::int64_t bytes = 0;                            ///< that it will write and keep, about; set by preflight
  std::int64_t pictures = 0;                         ///< that a features stage goes over, about; likewise
};

/// A trial with its stages, inputs before what is made from them.
struct PlannedTrial {
  Trial trial;
  StageList stages;
  std::vector<std::size_t> planned;  ///< of each stage, its index in Plan::stages
};

/// What of a benchmark's files a plan tells.
struct BenchmarkCounts {
  std::string name;
  std::size_t questions = 0;  ///< that will be asked
  std::size_t in_all = 0;     ///< that the annotations hold, before the limit
  std::size_t pictures = 0;   ///< that the asked questions are about
  std::size_t answers = 0;    ///< that the annotations give to the asked questions
};

/// What was chosen for the image features of trials with `features: auto` that are yet to be made.
struct FeaturesChoice {
  std::int64_t pictures = 0, bytes = 0;  ///< that stages of them go over and would write, about
  std::int64_t available = 0;            ///< bytes on the disk of the runs
  bool computed = false;                 ///< as rows come, since the disk has no room for them
};

/// What a sweep will do, in the order in which it may be done.
struct Plan {
  Sweep sweep;  ///< without its trials, which stand in `trials`
  std::vector<PlannedTrial> trials;
  std::vector<PlannedStage> stages;
  std::vector<BenchmarkCounts> benchmarks =
      {};                  ///< with files of their own and yet to be asked; set by preflight
  std::int64_t bytes = 0;  ///< that its stages will write, about; set by preflight
  std::optional<FeaturesChoice> features = {};  ///< set by preflight where there is something to choose
  models::GpuProbe gpu = {};            ///< that trials may get, or what is missing of one; set by preflight
  std::vector<std::string> notes = {};  ///< what a person should know before the run
  EarlierRates rates = {};              ///< of the stages that this machine made
  std::optional<double> measured_rate = {};  ///< FLOP a second, where an estimate of time rests on it
  ExpectedIntervals expected = {};           ///< set by who shows a plan to people
};

/// The word for a status: run, share, reuse.
[[nodiscard]] std::string_view status_name(StageStatus status);

/// Plans a sweep against what `runs_dir` holds (which may not exist yet). Reads models' and data files'
/// hashes; throws imp::Error (usage) with every one that is missing, one a line.
[[nodiscard]] Plan make_plan(Sweep sweep, const std::filesystem::path& runs_dir);

/// The same, but what is missing goes to `diagnostics`; a trial that lacks something has no stages.
[[nodiscard]] Plan make_plan(Sweep sweep, const std::filesystem::path& runs_dir, Diagnostics& diagnostics);

/// Predicts the memory of each stage that is not reused but for pretraining and answers on a GPU, and notes
/// it where one does not fit on the GPU. Reads models' configs and, of the user's own rows, the longest; only
/// what shows a plan to people asks for it.
void estimate_memory(Plan& plan);

}  // namespace imp::harness
