// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/plan/plan.h"

namespace imp::harness {

/// A value of the key `device` that trials with work left have, and what it means on this machine.
struct PlannedDevice {
  std::string asked;  ///< auto, cpu or cuda
  std::size_t trials = 0;
  std::string device;   ///< `cpu`, or the GPU's name, memory and driver; empty: `cuda` cannot be had
  std::string missing;  ///< why `auto` is the CPU, or `cuda` nothing
};

/// By Plan::gpu, in the order of the trials.
[[nodiscard]] std::vector<PlannedDevice> planned_devices(const Plan& plan);

/// Whether something of a trial is still to be made.
[[nodiscard]] bool has_work_left(const PlannedTrial& planned, const Plan& plan);

/// Takes away estimates of time that come from a stage made on a GPU for one that gets none, or the other way
/// round.
void forget_times_of_other_devices(Plan& plan);

/// Whether a trial runs on the GPU that there is.
[[nodiscard]] bool runs_on_gpu(const TrialConfig& config, const Plan& plan);

}  // namespace imp::harness
