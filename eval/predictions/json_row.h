// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "eval/benchmarks/json_records.h"
#include "eval/predictions/answer_row.h"

namespace imp::eval {

/// Reads the members of one row; `at` is its place. Throws imp::Error with file:line:column for a row without
/// an answer or without anything that tells its question.
[[nodiscard]] AnswerRow read_json_row(const JsonStream& file, const char* at,
                                      const std::function<void(const MemberReader&)>& read_members);

/// An answer as a text, a number, or a list of one of these (lmms-eval's `resps`); nothing for other values.
[[nodiscard]] std::optional<std::string> read_answer_value(const JsonStream& file, std::string_view key,
                                                           simdjson::ondemand::value value);

}  // namespace imp::eval
