// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan_devices.h"

#include <algorithm>
#include <array>
#include <string_view>

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

void forget_times_of_other_devices(Plan& plan) {
  constexpr std::array<std::string_view, 6> kWithModels{"features", "connector", "trunk",
                                                        "finetune", "eval",      "pretrain"};
  for (const PlannedTrial& planned : plan.trials) {
    const bool on_gpu = runs_on_gpu(planned.trial.config, plan);
    for (const std::size_t index : planned.planned) {
      PlannedStage& stage = plan.stages[index];
      const bool models =
          std::find(kWithModels.begin(), kWithModels.end(), stage.request->kind) != kWithModels.end();
      if (!models || stage.status == StageStatus::reuse || stage.earlier_device.empty()) continue;
      if (on_gpu == (stage.earlier_device == "cpu")) stage.seconds.reset();
    }
  }
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
