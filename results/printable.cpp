// SPDX-License-Identifier: Apache-2.0
#include "results/printable.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace imp::results {
namespace {

/// Length of the character of UTF-8 at the start of `text` and its code point; length 0 if there is none (RFC
/// 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
std::pair<std::size_t, char32_t> first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC0 || lead > 0xF7 || text.size() < length) return {0, 0};
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    code = (code << 6) | (byte(i) & 0x3Fu);
  }
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[length] || code > 0x10FFFF || is_surrogate) return {0, 0};
  return {length, code};
}

bool steers_a_terminal(char32_t code) {
  constexpr std::array<std::pair<char32_t, char32_t>, 8> kRanges{{{0x00, 0x1F},
                                                                  {0x7F, 0x9F},
                                                                  {0x061C, 0x061C},
                                                                  {0x200E, 0x200F},
                                                                  {0x2028, 0x2029},
                                                                  {0x202A, 0x202E},
                                                                  {0x2066, 0x2069},
                                                                  {0xFEFF, 0xFEFF}}};
  for (const auto& [first, last] : kRanges) {
    if (code >= first && code <= last) return true;
  }
  return false;
}

std::string escape(const char* form, unsigned value) {
  char text[8];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

std::string written_out(std::string_view text, bool keeps_lines) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto [length, code] = first_character(text);
    if (length == 0) {
      result += escape("\\x%02x", static_cast<unsigned char>(text.front()));
    } else if (steers_a_terminal(code) && !(keeps_lines && code == U'\n')) {
      result += escape("\\u%04x", static_cast<unsigned>(code));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  return written_out(text, false);
}

std::string printable_lines(std::string_view text) {
  return written_out(text, true);
}

}  // namespace imp::results
