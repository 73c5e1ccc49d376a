// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/format.h"

namespace imp::eval {

/// Reads POPE: one file of JSON lines `{"question_id", "image", "text", "label"}`, or a folder of the three
/// files `coco_pope_{random,popular,adversarial}.json`, whose ids repeat and therefore become `random/1`. One
/// file in which ids repeat, such as the three in one, is read likewise: `<category>/1`, or `1/1`, `2/1`, ...
/// without categories. The family is the file's kind or the line's `category`. Pictures are
/// `<images>/<image>`. Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_pope(const std::filesystem::path& annotations,
                                              const std::filesystem::path& images);

/// 1 if LLaVA's parser reads the label out of the answer, else 0.
[[nodiscard]] double score_pope(const Question& question, std::string_view prediction);

/// The same by lmms-eval's parser.
[[nodiscard]] double score_pope_lmms_eval(const Question& question, std::string_view prediction);

/// `f1` (the mean over families, which LLaVA reports), precision, recall and yes ratio in LLaVA's form, and
/// lmms-eval's other four numbers named `lmms_eval_...`, over all answers.
[[nodiscard]] std::vector<NamedValue> summarise_pope(std::span<const ScoredAnswer> answers);

}  // namespace imp::eval
