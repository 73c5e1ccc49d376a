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
  if (name == "warmup_stable_decay") return Schedule::warmup_stable_decay;
  throw Error("schedule: '" + name + "' is not known; it is cosine, linear, constant or warmup_stable_decay");
}

int64_t warmup_steps(double ratio, int64_t total_steps) {
  return static_cast<int64_t>(std::ceil(ratio * static_cast<double>(total_steps)));
}

ScheduleLengths schedule_lengths(Schedule schedule, double warmup_ratio, double cooldown_ratio, int64_t total,
                                 int64_t steps_per_epoch) {
  if (schedule != Schedule::warmup_stable_decay)
    return {.warmup = warmup_steps(warmup_ratio, total), .total = total, .cooldown = 0};
  return {.warmup = warmup_steps(warmup_ratio, steps_per_epoch),
          .total = total,
          .cooldown = std::min(total, warmup_steps(cooldown_ratio, steps_per_epoch))};
}

double schedule_factor(Schedule schedule, int64_t step, const ScheduleLengths& lengths) {
  const auto [warmup, total, cooldown] = lengths;
  if (schedule == Schedule::warmup_stable_decay) {
    // The product: where the warm-up reaches into the cooldown, the rate makes no jump.
    const double cooled = static_cast<double>(std::max<int64_t>(0, step - (total - cooldown))) /
                          static_cast<double>(std::max<int64_t>(1, cooldown));
    return schedule_factor(Schedule::constant, step, lengths) * std::max(0.0, 1.0 - std::sqrt(cooled));
  }
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, warmup));
  if (schedule == Schedule::constant) return 1.0;
  const double progress =
      static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(1, total - warmup));
  if (schedule == Schedule::linear) return std::max(0.0, 1.0 - progress);
  return std::max(0.0, 0.5 * (1.0 + std::cos(std::numbers::pi * progress)));
}

}  // namespace imp::harness
