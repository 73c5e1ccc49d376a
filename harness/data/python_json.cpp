// SPDX-License-Identifier: Apache-2.0
#include "harness/data/python_json.h"

#include <algorithm>
#include <charconv>

namespace imp::harness {
namespace {

/// The code unit of "\uXXXX" at the front of `text`, or -1.
int code_unit(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return -1;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, value, 16);
  return error == std::errc() && end == text.data() + 6 ? value : -1;
}

bool is_high(int unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}

bool is_low(int unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

/// Copies the escape at the front of `text`; returns its length.
std::size_t copy_escape(std::string_view text, std::string& out) {
  const int unit = code_unit(text);
  const std::size_t length = unit < 0 ? std::min<std::size_t>(2, text.size()) : 6;
  if (is_high(unit) && is_low(code_unit(text.substr(6)))) {
    out += text.substr(0, 12);
    return 12;
  }
  out += is_high(unit) || is_low(unit) ? std::string_view("\\ufffd") : text.substr(0, length);
  return length;
}

std::size_t count_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

/// The length of the number at the front of `text`, by JSON's grammar; 0 if there is none.
std::size_t number_length(std::string_view text) {
  std::size_t length = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = count_digits(text.substr(length));
  if (whole == 0 || (whole > 1 && text[length] == '0')) return 0;
  length += whole;
  if (text.substr(length).starts_with('.')) {
    const std::size_t digits = count_digits(text.substr(length + 1));
    if (digits > 0) length += 1 + digits;
  }
  if (length < text.size() && (text[length] == 'e' || text[length] == 'E')) {
    const bool has_sign = length + 1 < text.size() && (text[length + 1] == '-' || text[length + 1] == '+');
    const std::size_t digits =
        count_digits(text.substr(std::min(text.size(), length + 1 + (has_sign ? 1 : 0))));
    if (digits > 0) length += 1 + (has_sign ? 1 : 0) + digits;
  }
  return length;
}

/// Copies what stands outside of texts at the front of `text`; returns its length.
std::size_t copy_outside(std::string_view text, std::string& out) {
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (!text.starts_with(word)) continue;
    out += "null";
    return word.size();
  }
  constexpr std::size_t kSafeLength = 18;  // digits, sign and exponent that fit into 64 bits
  const std::size_t number = number_length(text);
  if (number > kSafeLength || (number > 0 && text.substr(0, number).find_first_of("eE") < number)) {
    out.append("\"").append(text.substr(0, number)).append("\"");
    return number;
  }
  const std::size_t length = std::max<std::size_t>(number, 1);
  out += text.substr(0, length);
  return length;
}

}  // namespace

std::string as_standard_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool inside = false;
  while (!text.empty()) {
    std::size_t length = 1;
    if (inside && text[0] == '\\') {
      length = copy_escape(text, out);
    } else if (inside || text[0] == '"') {
      if (text[0] == '"') inside = !inside;
      out += text[0];
    } else {
      length = copy_outside(text, out);
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace imp::harness
