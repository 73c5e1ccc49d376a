// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/prediction.h"

namespace imp::eval {

/// Writes the file that the benchmark's test server accepts to `folder` and returns its path; nothing for
/// benchmarks without a server. `predictions` stand in the order of the questions.
///   vqav2, textvqa, stvqa: JSON [{"question_id", "answer"}]     vizwiz: JSON [{"image", "answer"}]
///   docvqa, infovqa: JSON [{"questionId", "answer"}]     mmbench: xlsx of the table with a column
///   `prediction`
[[nodiscard]] std::optional<std::filesystem::path> write_submission(const std::filesystem::path& folder,
                                                                    const Benchmark& benchmark,
                                                                    std::span<const Prediction> predictions);

}  // namespace imp::eval
