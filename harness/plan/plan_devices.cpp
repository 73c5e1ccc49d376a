// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan_devices.h"

#include <algorithm>

namespace imp::harness {
namespace {

PlannedDevice planned_device(const std::string& asked, const models::GpuProbe& probe) {
  if (asked == "cpu") return {asked, 0, "cpu", ""};
  if (probe.gpu) return {asked, 0, probe.gpu->in_words(), ""};
  return {asked, 0, asked == "auto" ? "cpu" : "", probe.missing};
}

}  // namespace

bool has_work_left(const PlannedTrial& planned, const Plan& plan) {
  if (planned.stages.empty()) return true;  // it lacks an input
  return std::any_of(planned.planned.begin(), planned.planned.end(), [&](const std::size_t index) {
    return plan.stages[index].status != StageStatus::reuse;
  });
}

bool runs_on_gpu(const TrialConfig& config, const Plan& plan) {
  return config.device != "cpu" && plan.gpu.gpu.has_value();
}

std::vector<PlannedDevice> planned_devices(const Plan& plan) {
  std::vector<PlannedDevice> devices;
  for (const PlannedTrial& planned : plan.trials) {
    if (!has_work_left(planned, plan)) continue;
    const std::string& asked = planned.trial.config.device;
    auto known = std::find_if(devices.begin(), devices.end(),
                              [&](const PlannedDevice& device) { return device.asked == asked; });
    if (known == devices.end()) known = devices.insert(devices.end(), planned_device(asked, plan.gpu));
    ++known->trials;
  }
  return devices;
}

}  // namespace imp::harness
