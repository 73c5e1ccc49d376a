// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/format.h"

namespace imp::eval {

/// Reads the questions with a picture of ScienceQA's test split: `problems.json` (the path given) and
/// `pid_splits.json` beside it. Pictures are `<images>/<id>/<image>`; the family is the subject. The question
/// holds the hint, the question and the lettered options, worded as lmms-eval does. Throws imp::Error with
/// file:line:column.
[[nodiscard]] std::vector<Question> read_scienceqa(const std::filesystem::path& problems,
                                                   const std::filesystem::path& images);

/// 1 if LLaVA's parser reads the right letter out of the answer, else 0.
[[nodiscard]] double score_scienceqa(const Question& question, std::string_view prediction);

/// `lmms_eval_accuracy`: the mean of lmms-eval's form of the score.
[[nodiscard]] std::vector<NamedValue> summarise_scienceqa(std::span<const ScoredAnswer> answers);

}  // namespace imp::eval
