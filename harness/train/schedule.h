// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace imp::harness {

enum class Schedule { cosine, linear, constant };

/// Parses the configuration key `schedule`. Throws imp::Error (usage) for another name.
[[nodiscard]] Schedule parse_schedule(const std::string& name);

/// ceil(ratio * total), as transformers' TrainingArguments counts warm-up steps.
[[nodiscard]] int64_t warmup_steps(double ratio, int64_t total_steps);

/// Factor on the learning rate at step `step` (from 0) of `total`: linear from 0 over the warm-up, then to 0
/// by half a cosine or a line, or constant at 1
/// (transformers.get_{cosine,linear,constant}_schedule_with_warmup).
[[nodiscard]] double schedule_factor(Schedule schedule, int64_t step, int64_t warmup, int64_t total);

}  // namespace imp::harness
