// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/anls.h"

#include <algorithm>

#include "eval/metrics/edit_distance.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

constexpr double kThreshold = 0.5;

std::u32string collapsed_lower(std::string_view text) {
  std::string joined;
  const std::string lower = python_lower(python_strip(text));
  for (const std::string_view word : python_split(lower)) {
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  return to_code_points(joined);
}

std::size_t upper_length(std::string_view text) {
  return python_length(python_upper(text));
}

}  // namespace

double anls(std::string_view prediction, std::span<const std::string> answers) {
  if (answers.empty()) throw Error("anls: no answers; at least one is needed");
  const std::u32string predicted = collapsed_lower(prediction);
  const std::size_t predicted_length = upper_length(prediction);
  double best = 0.0;
  for (const std::string& answer : answers) {
    const std::size_t length = std::max(upper_length(answer), predicted_length);
    if (length == 0) return 1.0;
    // A distance above half the length scores 0, whatever it is.
    const std::size_t distance = edit_distance_up_to(collapsed_lower(answer), predicted, length / 2 + 1);
    best = std::max(best, 1.0 - static_cast<double>(distance) / static_cast<double>(length));
  }
  return best < kThreshold ? 0.0 : best;
}

}  // namespace imp::eval
