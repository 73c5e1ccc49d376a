// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/exact_match_gqa.h"

#include <string>

#include "eval/text/python_text.h"

namespace imp::eval {
namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) ||
         (c >= 0x7B && c <= 0x7E);
}

void drop_trailing_nuls(std::u32string& text) {
  while (!text.empty() && text.back() == U'\0') text.pop_back();
}

std::u32string comparable(std::string_view text) {
  std::u32string original = to_code_points(text);
  drop_trailing_nuls(original);
  std::u32string lower = to_code_points(python_lower(to_utf8(original)));
  if (lower.size() > original.size()) lower.resize(original.size());
  drop_trailing_nuls(lower);
  std::erase_if(lower, is_ascii_punctuation);
  drop_trailing_nuls(lower);
  return lower;
}

}  // namespace

double exact_match_gqa(std::string_view prediction, std::string_view answer) {
  return comparable(prediction) == comparable(answer) ? 1.0 : 0.0;
}

}  // namespace imp::eval
