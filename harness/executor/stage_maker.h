// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "harness/executor/progress.h"
#include "harness/plan/plan.h"

namespace imp::harness {

/// Bytes that stages will write, about, by key; what is not known is left out.
using StageBytes = std::map<std::string, std::int64_t>;
[[nodiscard]] StageBytes bytes_of_stages(const Plan& plan);

/// Makes stages in this process, each once however many processes want it.
class StageMaker {
 public:
  /// What is referred to outlives it.
  StageMaker(const SweepSpec& spec, std::filesystem::path runs, const std::atomic<bool>& stop,
             Progress& progress);

  [[nodiscard]] const StageStore& store() const { return store_; }

  /// Makes a stage for a trial unless it is there; its seconds, or nothing. One whose files are not what was
  /// written is moved aside and made again. Throws what a stage throws.
  std::optional<double> make_if_missing(const PlannedTrial& planned, const StageRequest& request,
                                        const std::string& label);

  /// The device that the trial's `device` has become. Throws imp::Error (environment) for one that cannot be
  /// used.
  [[nodiscard]] at::Device device_of(const PlannedTrial& planned);

  /// Others compute beside this process, and the processor's counters tell nobody apart.
  void share_energy_meter() { has_energy_meter_ = false; }
  void expect_bytes(StageBytes bytes) { bytes_ = std::move(bytes); }
  /// Whether a stage is there, and its files are what was written.
  [[nodiscard]] bool has_whole(const StageRequest& request) const;

 private:
  double make(const PlannedTrial& planned, const StageRequest& request, const std::string& label,
              const Lease& lease);
  void note_unfinished(const StageRequest& request, const Lease& lease, const StageCost& cost) noexcept;

  const SweepSpec& spec_;
  const std::atomic<bool>& stop_;
  Progress& progress_;
  StageStore store_;
  StageBytes bytes_;
  bool has_energy_meter_ = true;
  std::map<std::string, at::Device> devices_;  ///< by the configuration's word for it
};

}  // namespace imp::harness
