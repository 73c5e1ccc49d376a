// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/answer_row.h"

namespace imp::eval {

/// Gives each row the id of the question it answers, by the first of these that finds one:
///   - the row's part and id, `<part>/<id>` (OCRBench's results, POPE with its category);
///   - its id;
///   - another program's id of a question that the row's words ask (LLaVA's numbers of POPE's questions);
///   - its picture, if it asks that question or the picture has only one (LLaVA names TextVQA's and MME's
///     questions by their pictures; VizWiz's server wants pictures).
/// Rows without ids, or with lmms-eval's `doc_id`, are taken by their place in the set, a set's parts in any
/// order, if every row's words ask the question in its place; so are rows whose ids come again, and without
/// words where their ids are those of one file of annotations, row by row. A row that answers no question
/// keeps its id (marked, if it is one of ours and the row asks something else), or gets the picture's. Throws
/// imp::Error naming `path` if the rows have neither ids nor places that fit.
[[nodiscard]] std::vector<Prediction> match_answers(std::vector<AnswerRow> rows, const Benchmark& benchmark,
                                                    const std::filesystem::path& path);

/// Whether a prompt asks a question: holds its wording, whatever the case, white space and MME's "Please
/// answer yes or no.".
[[nodiscard]] bool asks(std::string_view prompt, std::string_view question);

}  // namespace imp::eval
