// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/prediction.h"

namespace imp::eval {

/// Reads answers to a benchmark's questions from a file of ours or of another program, told by what stands in
/// it: see json_answers.h and table_answers.h for the layouts. The predictions' ids are the benchmark's own
/// wherever the row's question is known (answer_matching.h); their order is the file's. Throws imp::Error
/// with file and place for what is not such a file, naming the layouts.
[[nodiscard]] std::vector<Prediction> read_answers(const std::filesystem::path& path,
                                                   const Benchmark& benchmark);

}  // namespace imp::eval
