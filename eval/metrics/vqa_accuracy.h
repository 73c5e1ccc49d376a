// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace imp::eval {

/// VQA soft accuracy in [0, 1]: the mean over annotators of min(1, matches among the OTHER annotators / 3),
/// as LLaVA's m4c_evaluator.py scores TextVQA. Throws imp::Error unless there are exactly ten answers.
[[nodiscard]] double vqa_accuracy_llava(std::string_view prediction, std::span<const std::string> answers);

/// The same as lmms-eval's TextVQA task computes it, for any number of answers. Throws imp::Error if there is
/// none.
[[nodiscard]] double vqa_accuracy_lmms_eval_textvqa(std::string_view prediction,
                                                    std::span<const std::string> answers);

/// The same as lmms-eval's VQAv2 task computes it: another normalisation (normalize_vqav2_answer). The
/// annotators are told apart, as `answer_id` does in the official file. Throws imp::Error if there is no
/// answer.
[[nodiscard]] double vqa_accuracy_lmms_eval_vqav2(std::string_view prediction,
                                                  std::span<const std::string> answers);

}  // namespace imp::eval
