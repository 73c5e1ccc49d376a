// SPDX-License-Identifier: Apache-2.0
#include "eval/text/python_text.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace imp::eval {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

icu::StringPiece piece(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int32_t>::max()))
    throw std::length_error("text of more than 2 GiB cannot change case");
  return {text.data(), static_cast<int32_t>(text.size())};
}

/// Next code point at `offset`, which moves on; a broken sequence gives a negative value.
UChar32 next(std::string_view text, std::size_t& offset) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  UChar32 code_point = 0;
  U8_NEXT(bytes, offset, text.size(), code_point);
  return code_point;
}

}  // namespace

bool is_python_space(char32_t c) {
  if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_python_digit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return u_charType(static_cast<UChar32>(c)) == U_DECIMAL_DIGIT_NUMBER;
}

bool is_python_upper(char32_t c) {
  return u_isUUppercase(static_cast<UChar32>(c));
}

std::string python_lower(std::string_view text) {
  std::string out;
  if (is_ascii(text)) {
    out.resize(text.size());
    std::transform(text.begin(), text.end(), out.begin(), ascii_lower);
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(text.size()));
  icu::CaseMap::utf8ToLower("", 0, piece(text), sink, nullptr, status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("lower-casing failed: ") + u_errorName(status));
  return out;
}

std::string python_upper(std::string_view text) {
  std::string out;
  if (is_ascii(text)) {
    out.resize(text.size());
    std::transform(text.begin(), text.end(), out.begin(), ascii_upper);
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(text.size()));
  icu::CaseMap::utf8ToUpper("", 0, piece(text), sink, nullptr, status);
  if (U_FAILURE(status)) throw std::runtime_error(std::string("upper-casing failed: ") + u_errorName(status));
  return out;
}

std::string_view python_strip(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t after = begin;
    const UChar32 c = next(text, after);
    if (c < 0 || !is_python_space(static_cast<char32_t>(c))) break;
    begin = after;
  }
  std::size_t end = text.size();
  while (end > begin) {
    std::size_t before = end - 1;
    while (before > begin && U8_IS_TRAIL(text[before])) --before;
    if (!is_python_space(code_point_at(text, before))) break;
    end = before;
  }
  return text.substr(begin, end - begin);
}

std::vector<std::string_view> python_split(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  std::size_t offset = 0;
  while (offset < text.size()) {
    const std::size_t here = offset;
    const UChar32 c = next(text, offset);
    if (c < 0 || !is_python_space(static_cast<char32_t>(c))) continue;
    if (here > start) words.push_back(text.substr(start, here - start));
    start = offset;
  }
  if (text.size() > start) words.push_back(text.substr(start));
  return words;
}

std::string python_replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const std::size_t at = text.find(from);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    out.append(to);
    text.remove_prefix(at + from.size());
  }
}

std::size_t python_length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !U8_IS_TRAIL(c); }));
}

std::u32string to_code_points(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) {
    const UChar32 c = next(text, offset);
    out += c < 0 ? U'\uFFFD' : static_cast<char32_t>(c);
  }
  return out;
}

std::string to_utf8(std::u32string_view code_points) {
  std::string out;
  out.reserve(code_points.size());
  for (const char32_t c : code_points) {
    char bytes[U8_MAX_LENGTH];
    std::size_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, c);
    out.append(bytes, length);
  }
  return out;
}

char32_t code_point_at(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return 0;
  const UChar32 c = next(text, offset);
  return c < 0 ? U'\uFFFD' : static_cast<char32_t>(c);
}

char32_t code_point_before(std::string_view text, std::size_t offset) {
  if (offset == 0) return 0;
  std::size_t start = offset - 1;
  while (start > 0 && U8_IS_TRAIL(text[start])) --start;
  return code_point_at(text, start);
}

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t here = offset;
    if (static_cast<unsigned char>(text[here]) < 0x80) {
      ++offset;
    } else if (next(text, offset) < 0) {
      return here;
    }
  }
  return std::nullopt;
}

}  // namespace imp::eval
