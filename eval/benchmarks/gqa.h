// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Reads GQA's questions, `{question_id: {"imageId", "question", "answer", "types": {"structural", ...}}}`;
/// pictures are
/// `<images>/<imageId>.jpg`, the family is the structural type. Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_gqa(const std::filesystem::path& annotations,
                                             const std::filesystem::path& images);

/// Exact match, 1 or 0. Throws imp::Error if the question carries no answer.
[[nodiscard]] double score_gqa(const Question& question, std::string_view prediction);

}  // namespace imp::eval
