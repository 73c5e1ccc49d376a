// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp::eval {

/// EvalAI's answer processing as TextVQA's evaluators call it (LLaVA's m4c_evaluator.py and lmms-eval's
/// EvalAIAnswerProcessor are the same program): lower case, punctuation, number words, articles,
/// contractions.
[[nodiscard]] std::string normalize_vqa_answer(std::string_view text);

/// The same processing as lmms-eval's VQAv2 task calls it: without the first, word-wise step, so that commas
/// reach the punctuation step and case is folded after it.
[[nodiscard]] std::string normalize_vqav2_answer(std::string_view text);

}  // namespace imp::eval
