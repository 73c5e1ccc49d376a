// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "eval/predictions/answer_row.h"

namespace imp::eval {

/// Reads answers from a table of tab- or comma-separated values with a header, such as MMBench's submission:
/// a column of ids and one of answers, by the names in answer_keys.h. Throws imp::Error with file and line;
/// a table of questions, whose only answers are the right ones, is refused.
[[nodiscard]] std::vector<AnswerRow> read_table_answers(const std::filesystem::path& path);

/// Reads the folder that MME's own tool scores: a file `<category>.txt` of lines
/// `image<TAB>question<TAB>right answer<TAB>answer`. Throws imp::Error with file and line.
[[nodiscard]] std::vector<AnswerRow> read_mme_answers(const std::filesystem::path& folder);

}  // namespace imp::eval
