// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Reads VizWiz's `val.json` or `test.json`: a list of `{"image", "question", "answers": [{"answer", ...}],
/// "answer_type"}`; the test split has no answers. A picture has one question, whose id is the picture's
/// name; pictures are `<images>/<image>`. Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_vizwiz(const std::filesystem::path& annotations,
                                                const std::filesystem::path& images);

/// VQA accuracy in lmms-eval's VQAv2 form, which is the VQA evaluation code's that VizWiz's server runs.
[[nodiscard]] double score_vizwiz(const Question& question, std::string_view prediction);

/// lmms-eval scores VizWiz in its TextVQA form.
[[nodiscard]] double score_vizwiz_lmms_eval(const Question& question, std::string_view prediction);

}  // namespace imp::eval
