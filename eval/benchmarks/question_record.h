// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/json_records.h"

namespace imp::eval {

/// Fills in `question_id`, `image_id` or `question` if the member is one of them, as TextVQA and VQAv2 name
/// them. Throws as JsonStream's readers of a member.
void read_question_member(const JsonStream& file, std::string_view key, simdjson::ondemand::value value,
                          Question& question);

/// Throws imp::Error with the record's place unless all three are there.
void require_question_members(const JsonStream& file, const char* at, const Question& question);

}  // namespace imp::eval
