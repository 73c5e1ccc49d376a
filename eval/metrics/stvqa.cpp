// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/stvqa.h"

#include <algorithm>

#include "eval/metrics/edit_distance.h"
#include "eval/metrics/vqa_normalize.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

constexpr double kThreshold = 0.5;

void require_answers(std::span<const std::string> answers) {
  if (answers.empty()) throw Error("stvqa: no answers; at least one is needed");
}

std::u32string plain(std::string_view text) {
  return to_code_points(python_strip(python_lower(text)));
}

}  // namespace

double stvqa_anls_m4c(std::string_view prediction, std::span<const std::string> answers) {
  require_answers(answers);
  const std::u32string predicted = plain(prediction);
  double best = 0.0;
  for (const std::string& answer : answers) {
    const std::u32string wanted = plain(answer);
    const std::size_t length = std::max(wanted.size(), predicted.size());
    if (length == 0) return 1.0;
    // A distance above half the length scores 0, whatever it is.
    const std::size_t distance = edit_distance_up_to(wanted, predicted, length / 2 + 1);
    best = std::max(best, 1.0 - static_cast<double>(distance) / static_cast<double>(length));
  }
  return best < kThreshold ? 0.0 : best;
}

double stvqa_accuracy_m4c(std::string_view prediction, std::span<const std::string> answers) {
  require_answers(answers);
  const std::string wanted = normalize_vqa_answer(prediction);
  const bool found = std::any_of(answers.begin(), answers.end(), [&](const std::string& answer) {
    return normalize_vqa_answer(answer) == wanted;
  });
  return found ? 1.0 : 0.0;
}

}  // namespace imp::eval
