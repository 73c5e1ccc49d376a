// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/format.h"

namespace imp::eval {

/// Reads ST-VQA's `train_task_3.json` or `test_task_3.json` (the open task): `{"data": [{"question_id",
/// "file_path", "file_name", "dataset", "question", "answers"}]}`; the test file has no answers. Pictures are
/// `<images>/<file_path>`, where there is none `<images>/<dataset>/<file_name>`; the family is the picture's
/// data set. Where a question_id comes again in another data set, ids become `<dataset>/<question_id>`.
/// Throws imp::Error with file:line:column.
[[nodiscard]] std::vector<Question> read_stvqa(const std::filesystem::path& annotations,
                                               const std::filesystem::path& images);

/// `m4c_anls` and `m4c_accuracy`: the means of M4C's forms.
[[nodiscard]] std::vector<NamedValue> summarise_stvqa(std::span<const ScoredAnswer> answers);

}  // namespace imp::eval
