// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "harness/executor/outcome.h"
#include "harness/plan/sweep_spec.h"

namespace imp::harness {

/// Types of an attempt's error that decide about the next try.
inline constexpr const char* kOutOfMemory = "out_of_memory";
inline constexpr const char* kWorkerDied = "worker_died";

/// Type and one-line message of the exception in flight.
[[nodiscard]] std::pair<std::string, std::string> describe_failure();

/// Whether another try follows a failed one, the `tries`-th, by the sweep's `retry`; after one without enough
/// memory the configuration gets half of its micro-batch. The global batch stays: the step only has more
/// micro-batches, so the stage's key stays true.
[[nodiscard]] bool prepare_next_try(const RetryPolicy& retry, const Attempt& failed, int64_t tries,
                                    TrialConfig& config);

}  // namespace imp::harness
