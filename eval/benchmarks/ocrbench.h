// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/format.h"

namespace imp::eval {

/// Reads OCRBench.json, `[{"dataset_name", "id", "type", "question", "answers", "image_path"}]`; pictures are
/// `<images>/<image_path>`, the family is the type. The id is `id` where no id comes again; in the official
/// file, whose ids count within each `dataset_name`, and in one without ids it is the place in the list,
/// counted from 0. Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_ocrbench(const std::filesystem::path& annotations,
                                                  const std::filesystem::path& images);

/// Containment, 1 or 0 (ocrbench_score).
[[nodiscard]] double score_ocrbench(const Question& question, std::string_view prediction);

/// `points`: the number of right answers, of 1,000 in the whole set.
[[nodiscard]] std::vector<NamedValue> summarise_ocrbench(std::span<const ScoredAnswer> answers);

}  // namespace imp::eval
