// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Reads DocVQA's annotations, `{"data": [{"questionId", "question", "image", "answers",
/// "question_types"}]}`, and InfographicVQA's, which name the picture `image_local_name`; pictures are
/// `<images>/<image>`. Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_docvqa(const std::filesystem::path& annotations,
                                                const std::filesystem::path& images);

/// ANLS with threshold 0.5. Throws imp::Error if the question carries no answers (a test split).
[[nodiscard]] double score_docvqa(const Question& question, std::string_view prediction);

}  // namespace imp::eval
