// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::harness {

/// For the picture of each question another picture of the benchmark, by path: all questions of a picture get
/// the same one, no picture gets itself, and each is given once. The same for every cell, seed and order of
/// the questions, so that cells are compared on the same wrong pictures. Empty where there are fewer than
/// two.
[[nodiscard]] std::map<std::string, std::string> shuffled_pictures(const eval::Benchmark& benchmark);

/// The controls that a benchmark is asked under a configuration's `controls`, as results/controls.h names
/// them: blind always; shuffled where there are two pictures; ocr where the annotations name what the
/// pictures say.
[[nodiscard]] std::vector<std::string> controls_of(const eval::Benchmark& benchmark,
                                                   std::string_view controls);

}  // namespace imp::harness
