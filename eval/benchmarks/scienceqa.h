// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Reads the questions with a picture of ScienceQA's test split: `problems.json` (the path given) and
/// `pid_splits.json` beside it. Pictures are `<images>/<id>/<image>`; the family is the subject. The question
/// holds the hint, the question and the lettered options, worded as lmms-eval does. Throws imp::Error with
/// file:line:column.
[[nodiscard]] std::vector<Question> read_scienceqa(const std::filesystem::path& problems,
                                                   const std::filesystem::path& images);

/// 1 if LLaVA's parser reads the right letter out of the answer, else 0.
[[nodiscard]] double score_scienceqa(const Question& question, std::string_view prediction);

/// The same by lmms-eval's parser.
[[nodiscard]] double score_scienceqa_lmms_eval(const Question& question, std::string_view prediction);

}  // namespace imp::eval
