// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Reads VQAv2's questions file (`v2_OpenEnded_mscoco_val2014_questions.json`) and, where it stands beside
/// it, the annotations file (`v2_mscoco_val2014_annotations.json`); without one, as for the test splits,
/// questions have no answers. Pictures are `<images>/COCO_<data_subtype>_<12 digits>.jpg` (test-dev's are
/// test2015's); the family is the answer type. Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_vqav2(const std::filesystem::path& questions_file,
                                               const std::filesystem::path& images);

/// VQA soft accuracy in lmms-eval's VQAv2 form. Throws imp::Error if the question carries no answers.
[[nodiscard]] double score_vqav2(const Question& question, std::string_view prediction);

}  // namespace imp::eval
