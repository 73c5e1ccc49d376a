// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "eval/predictions/answer_row.h"

namespace imp::eval {

/// Reads answers from JSON, whichever of these it is: an object a line (ours, LLaVA's, lmms-eval's samples);
/// a list of objects (what servers take, OCRBench's results); an object that holds such lists (lmms-eval's
/// older logs); an object `{id: answer}` (MM-Vet's), also under the key `outputs` (LLaVA's ScienceQA
/// results). The keys are those of answer_keys.h. Throws imp::Error with file:line:column for what is none of
/// these, a row without an answer or without anything that tells its question, and a list of questions.
[[nodiscard]] std::vector<AnswerRow> read_json_answers(const std::filesystem::path& path);

}  // namespace imp::eval
