// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/ocrbench.h"

#include <algorithm>

#include "eval/text/python_text.h"

namespace imp::eval {
namespace {

/// Full-width ASCII (U+FF01..U+FF5E) and the ideographic space become ASCII.
std::string fold_full_width(std::string_view text) {
  std::u32string characters = to_code_points(text);
  for (char32_t& c : characters) {
    if (c >= 0xFF01 && c <= 0xFF5E) {
      c -= 0xFEE0;
    } else if (c == 0x3000) {
      c = U' ';
    }
  }
  return to_utf8(characters);
}

std::string comparable_text(std::string_view text) {
  const std::string lower = python_lower(fold_full_width(text));
  std::string out(python_strip(lower));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

std::string comparable_formula(std::string_view text) {
  std::string out(python_strip(text));
  std::erase(out, '\n');
  std::erase(out, ' ');
  return out;
}

}  // namespace

int ocrbench_score(std::string_view prediction, std::span<const std::string> answers,
                   std::string_view dataset) {
  const auto comparable = dataset == "HME100k" ? comparable_formula : comparable_text;
  const std::string predicted = comparable(python_strip(prediction));
  const bool contained = std::any_of(answers.begin(), answers.end(), [&](const std::string& answer) {
    return predicted.find(comparable(answer)) != std::string::npos;
  });
  return contained ? 1 : 0;
}

}  // namespace imp::eval
