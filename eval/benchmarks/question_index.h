// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// Finds questions by id. Other files about a benchmark follow the order of its questions as a rule: then no
/// table is made. The questions must outlive it.
class QuestionIndex {
 public:
  explicit QuestionIndex(const std::vector<Question>& questions) : questions_(questions) {}

  /// The question's place, or nothing.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view id);

 private:
  const std::vector<Question>& questions_;
  std::size_t next_ = 0;
  std::unordered_map<std::string_view, std::size_t> index_;
};

}  // namespace imp::eval
