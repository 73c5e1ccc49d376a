// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/device_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/plan/plan_devices.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

/// Of the first trial that asks for a GPU where there is none.
std::optional<std::string> unmet_wish(const Plan& plan) {
  if (plan.gpu.gpu) return std::nullopt;
  for (const PlannedTrial& planned : plan.trials) {
    if (planned.trial.config.device != "cuda" || !has_work_left(planned, plan)) continue;
    return fmt::format("{}: device: cuda cannot be used: {}; `device: cpu` or `auto` runs without a GPU",
                       to_string(origin_of(planned.trial, plan.sweep.spec, "device")), plan.gpu.missing);
  }
  return std::nullopt;
}

}  // namespace

void look_for_gpu(Plan& plan) {
  const bool wanted = std::any_of(plan.trials.begin(), plan.trials.end(), [&](const PlannedTrial& planned) {
    return planned.trial.config.device != "cpu" && has_work_left(planned, plan);
  });
  if (wanted) plan.gpu = models::probe_gpu();
}

void check_devices(Plan& plan, Diagnostics& diagnostics) {
  if (const auto wish = unmet_wish(plan)) plan.notes.push_back(*wish + "; a run ends with exit code 3");
  if (!plan.gpu.gpu || plan.gpu.gpu->has_bfloat16()) return;
  for (const PlannedTrial& planned : plan.trials) {
    const TrialConfig& config = planned.trial.config;
    if (config.dtype != "bfloat16" || !runs_on_gpu(config, plan) || !has_work_left(planned, plan)) continue;
    diagnostics.add(
        origin_of(planned.trial, plan.sweep.spec, "dtype"),
        fmt::format("dtype: bfloat16 needs a GPU of compute capability 8.0, and {} has {:.1f}; write "
                    "`dtype: float32`",
                    plan.gpu.gpu->name, plan.gpu.gpu->compute_capability / 10.0));
  }
}

void require_devices(const Plan& plan) {
  if (const auto wish = unmet_wish(plan)) throw Error(*wish, ErrorKind::environment);
}

}  // namespace imp::harness
