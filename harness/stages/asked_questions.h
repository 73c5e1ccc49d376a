// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/benchmarks/benchmark.h"
#include "harness/stages/stage_context.h"

namespace imp::harness {

/// The benchmark that the stage's request names, cut to its limit, with the pictures of its questions
/// unpacked where the annotations hold them. Throws as eval::load_benchmark.
[[nodiscard]] eval::Benchmark asked_questions(const StageContext& context);

/// The same for a request of kind eval or pictures, made or not. Throws imp::Error (environment) too if the
/// data stage that it needs is no input of it.
[[nodiscard]] eval::Benchmark asked_questions(const StageRequest& request, const SweepSpec& spec,
                                              const StageStore& store);

}  // namespace imp::harness
