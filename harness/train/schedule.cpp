// SPDX-License-Identifier: Apache-2.0
#include "harness/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/io/error.h"

namespace imp::harness {

Schedule parse_schedule(const std::string& name) {
  if (name == "cosine") return Schedule::cosine;
  if (name == "linear") return Schedule::linear;
  if (name == "constant") return Schedule::constant;
  throw Error("schedule: '" + name + "' is not known; it is cosine, linear or constant");
}

int64_t warmup_steps(double ratio, int64_t total_steps) {
  return static_cast<int64_t>(std::ceil(ratio * static_cast<double>(total_steps)));
}

double schedule_factor(Schedule schedule, int64_t step, int64_t warmup, int64_t total) {
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, warmup));
  if (schedule == Schedule::constant) return 1.0;
  const double progress =
      static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(1, total - warmup));
  if (schedule == Schedule::linear) return std::max(0.0, 1.0 - progress);
  return std::max(0.0, 0.5 * (1.0 + std::cos(std::numbers::pi * progress)));
}

}  // namespace imp::harness
