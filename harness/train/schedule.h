// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace imp::harness {

enum class Schedule { cosine, linear, constant, warmup_stable_decay };

/// Parses the configuration key `schedule`. Throws imp::Error (usage) for another name.
[[nodiscard]] Schedule parse_schedule(const std::string& name);

/// ceil(ratio * total), as transformers' TrainingArguments counts warm-up steps.
[[nodiscard]] int64_t warmup_steps(double ratio, int64_t total_steps);

/// Lengths in steps.
struct ScheduleLengths {
  int64_t warmup = 0, total = 0;
  int64_t cooldown = 0;  ///< the last so many steps of `total`; of warmup_stable_decay only
};

/// The lengths of a run of `total` steps, `steps_per_epoch` of which go once over the data. The warm-up is a
/// share of the whole run, as in transformers; with warmup_stable_decay both shares are of one epoch, so that
/// runs which differ in their epochs have the same rate until the first of them cools down.
[[nodiscard]] ScheduleLengths schedule_lengths(Schedule schedule, double warmup_ratio, double cooldown_ratio,
                                               int64_t total, int64_t steps_per_epoch);

/// Factor on the learning rate at step `step` (from 0) of `total`: linear from 0 over the warm-up, then to 0
/// by half a cosine or a line, or constant at 1
/// (transformers.get_{cosine,linear,constant}_schedule_with_warmup), or constant and at the end a cooldown by
/// 1 - sqrt (Haegele et al. 2024, "Scaling laws and compute-optimal training beyond fixed training
/// durations", section 3; transformers.get_wsd_schedule with decay_type "1-sqrt").
[[nodiscard]] double schedule_factor(Schedule schedule, int64_t step, const ScheduleLengths& lengths);

}  // namespace imp::harness
