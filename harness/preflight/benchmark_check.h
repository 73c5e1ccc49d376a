// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "harness/plan/plan.h"

namespace imp::harness {

/// Reads a benchmark's annotations as the eval stage will and looks for its pictures. What is wrong goes to
/// `diagnostics` at the place where the sweep file names it: a file that cannot be read as this benchmark's,
/// questions that will be asked and have no answer, absent pictures. Nothing for a benchmark that is rendered
/// or cannot be read.
[[nodiscard]] std::optional<BenchmarkCounts> check_benchmark(const Benchmark& benchmark,
                                                             Diagnostics& diagnostics);

}  // namespace imp::harness
