// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/format.h"

namespace imp::eval {

/// Reads MME's folder: a folder a category with a text file an image, two lines `question<TAB>answer` each;
/// or `images/` and `questions_answers_YN/` inside the category. The official evaluation tool's form, one
/// file a category of lines `image<TAB>question<TAB>answer`, is read too. Pictures stand in the same layout
/// below `images`. Ids are
/// `<category>/<image>/1` and `/2`, the family is the category. Throws imp::Error with file and line.
[[nodiscard]] std::vector<Question> read_mme(const std::filesystem::path& annotations,
                                             const std::filesystem::path& images);

/// 1 if lmms-eval's parser reads the label out of the answer, else 0.
[[nodiscard]] double score_mme(const Question& question, std::string_view prediction);

/// `perception` and `cognition` sums (absent if no image of that kind has both answers). Images of which only
/// one question was answered are left out.
[[nodiscard]] std::vector<NamedValue> summarise_mme(std::span<const ScoredAnswer> answers);

}  // namespace imp::eval
