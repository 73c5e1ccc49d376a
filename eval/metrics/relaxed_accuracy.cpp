// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/relaxed_accuracy.h"

#include <cmath>
#include <optional>

#include "eval/text/python_float.h"
#include "eval/text/python_text.h"

namespace imp::eval {
namespace {

constexpr double kMaxRelativeChange = 0.05;

std::optional<double> to_number(std::string_view text) {
  if (!text.ends_with('%')) return python_float(text);
  while (text.ends_with('%')) text.remove_suffix(1);
  const std::optional<double> value = python_float(text);
  return value ? std::optional(*value / 100.0) : std::nullopt;
}

}  // namespace

double relaxed_accuracy(std::string_view prediction, std::string_view answer) {
  const std::optional<double> predicted = to_number(prediction);
  const std::optional<double> target = to_number(answer);
  if (predicted && target && *target != 0.0)
    return std::abs(*predicted - *target) / std::abs(*target) <= kMaxRelativeChange ? 1.0 : 0.0;
  return python_lower(prediction) == python_lower(answer) ? 1.0 : 0.0;
}

}  // namespace imp::eval
