// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Reads TextVQA 0.5.1's annotations, and `ocr_tokens` where they have been put in (M4C's and scenetext's
/// form); pictures are `<images>/<image_id>.jpg` (the official folder is `train_images`). Throws imp::Error
/// with file:line:column for a wrong key or value, and for another `dataset_version`.
[[nodiscard]] std::vector<Question> read_textvqa(const std::filesystem::path& annotations,
                                                 const std::filesystem::path& images);

/// Reads scenetext's annotations: TextVQA's layout and file naming, with a `family` a question.
[[nodiscard]] std::vector<Question> read_scenetext(const std::filesystem::path& annotations,
                                                   const std::filesystem::path& images);

/// LLaVA's VQA soft accuracy. Throws imp::Error if the question carries no answers (a test split).
[[nodiscard]] double score_textvqa(const Question& question, std::string_view prediction);

}  // namespace imp::eval
