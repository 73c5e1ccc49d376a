// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/part_ids.h"

#include <unordered_set>

namespace imp::eval {

bool ids_repeat(const std::vector<Question>& questions) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(questions.size());
  for (const Question& question : questions)
    if (!seen.insert(question.question_id.text).second) return true;
  return false;
}

void name_by_place(std::vector<Question>& questions) {
  for (std::size_t i = 0; i < questions.size(); ++i) questions[i].question_id = {std::to_string(i), true};
}

void name_by_family(std::vector<Question>& questions) {
  if (questions.empty()) return;
  const std::string first = questions.front().question_id.text;
  std::size_t part = 0;
  for (Question& question : questions) {
    if (question.question_id.text == first) ++part;
    if (question.family.empty()) question.family = std::to_string(part);
    question.question_id = {question.family + "/" + question.question_id.text, false};
  }
}

}  // namespace imp::eval
