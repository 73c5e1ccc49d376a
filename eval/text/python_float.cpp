// SPDX-License-Identifier: Apache-2.0
#include "eval/text/python_float.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "eval/text/python_text.h"

namespace imp::eval {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Digits of other scripts become ASCII, other spaces a space; nothing if another character is left.
std::optional<std::string> to_ascii(std::string_view text) {
  std::string out;
  for (const char32_t c : to_code_points(text)) {
    // CPython leaves U+001C..U+001F alone here although str.isspace accepts them, so float() refuses them.
    if (c < 0x7F) {
      out += static_cast<char>(c);
    } else if (is_python_space(c)) {
      out += ' ';
    } else if (is_python_digit(c)) {
      out += static_cast<char>('0' + u_charDigitValue(static_cast<UChar32>(c)));
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::string_view trim_ascii(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

/// Removes underscores; nothing if one does not stand between two digits.
std::optional<std::string> drop_underscores(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// Whether the text is `digits[.digits][e[+-]digits]` with at least one digit before the exponent.
bool is_decimal(std::string_view text) {
  const std::size_t whole = skip_digits(text, 0);
  std::size_t at = whole;
  std::size_t digits = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = skip_digits(text, at + 1);
    digits += end - at - 1;
    at = end;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t end = skip_digits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

/// Value of a decimal out of double's range: infinity or zero, by the place of its first digit that is not 0.
double out_of_range_value(std::string_view text) {
  const std::size_t exponent_at = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent_at);
  long long exponent = 0;
  if (exponent_at != std::string_view::npos) {
    std::string_view digits = text.substr(exponent_at + 1);
    if (digits.front() == '+') digits.remove_prefix(1);
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (result.ec != std::errc()) exponent = digits.front() == '-' ? -(1LL << 60) : (1LL << 60);
  }
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return 0.0;
  const auto point = static_cast<long long>(std::min(mantissa.find('.'), mantissa.size()));
  return point - static_cast<long long>(first) + exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
}

std::optional<double> unsigned_value(std::string_view text) {
  const std::string lower = python_lower(text);
  if (lower == "inf" || lower == "infinity") return std::numeric_limits<double>::infinity();
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (!is_decimal(text)) return std::nullopt;
  double value = 0.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range) return out_of_range_value(text);
  return value;
}

}  // namespace

std::optional<double> python_float(std::string_view text) {
  const std::optional<std::string> ascii = to_ascii(text);
  if (!ascii) return std::nullopt;
  const std::optional<std::string> plain = drop_underscores(trim_ascii(*ascii));
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  const std::optional<double> value = unsigned_value(digits);
  if (!value) return std::nullopt;
  return negative ? -*value : *value;
}

}  // namespace imp::eval
