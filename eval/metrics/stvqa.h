// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace imp::eval {

/// ST-VQA's two metrics as M4C's evaluator computes them (m4c_evaluator.py, STVQAANLSEvaluator and
/// STVQAAccuracyEvaluator; LLaVA carries the same file). Both throw imp::Error if there is no answer.

/// Similarity in {0} and [0.5, 1] to the best answer: Levenshtein distance of the lower-cased, stripped texts
/// over the longer of these two, below 0.5 is 0. lmms-eval's anls also collapses inner white space and
/// divides by the original's length. Two texts without content, on which the evaluator fails, are equal.
[[nodiscard]] double stvqa_anls_m4c(std::string_view prediction, std::span<const std::string> answers);

/// 1 if the prediction equals an answer after the EvalAI normalisation, else 0.
[[nodiscard]] double stvqa_accuracy_m4c(std::string_view prediction, std::span<const std::string> answers);

}  // namespace imp::eval
