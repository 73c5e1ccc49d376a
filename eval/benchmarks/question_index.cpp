// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/question_index.h"

namespace imp::eval {

std::optional<std::size_t> QuestionIndex::find(std::string_view id) {
  if (next_ < questions_.size() && questions_[next_].question_id.text == id) return next_++;
  if (index_.empty()) {
    index_.reserve(questions_.size());
    for (std::size_t i = 0; i < questions_.size(); ++i) index_.emplace(questions_[i].question_id.text, i);
  }
  const auto found = index_.find(id);
  if (found == index_.end()) return std::nullopt;
  next_ = found->second + 1;
  return found->second;
}

}  // namespace imp::eval
