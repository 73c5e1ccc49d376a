// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Reads ChartQA: a list `[{"imgname", "query", "label"}]`, or a folder that holds `test_human.json` and
/// `test_augmented.json`. Pictures are `<images>/<imgname>`; the family is `human` or `augmented` and the id,
/// which the files lack, `<family>/<place in the list>`. Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_chartqa(const std::filesystem::path& annotations,
                                                 const std::filesystem::path& images);

/// Relaxed accuracy, 1 or 0.
[[nodiscard]] double score_chartqa(const Question& question, std::string_view prediction);

}  // namespace imp::eval
