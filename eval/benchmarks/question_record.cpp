// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/question_record.h"

namespace imp::eval {

void read_question_member(const JsonStream& file, std::string_view key, simdjson::ondemand::value value,
                          Question& question) {
  if (key == "question_id") question.question_id = file.identifier(value, key);
  if (key == "image_id") question.image_id = file.identifier(value, key);
  if (key == "question") question.question = file.text(value, key);
}

void require_question_members(const JsonStream& file, const char* at, const Question& question) {
  require_key(file, at, !question.question_id.text.empty(), "question_id");
  require_key(file, at, !question.image_id.text.empty(), "image_id");
  require_key(file, at, !question.question.empty(), "question");
}

}  // namespace imp::eval
