// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/unicode.h"

#include <unicode/uchar.h>

#include <cstdint>
#include <cstring>

namespace imp::models {
namespace {

struct Decoded {
  char32_t value;
  std::size_t length;  ///< bytes read: of the code point, or of the maximal ill-formed subsequence
  bool valid;
};

/// Unicode 15, table 3-7: the well-formed byte sequences.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {0, 1, false};
  unsigned low = 0x80, high = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  char32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {0, i, false};
    value = value << 6 | (byte(i) & 0x3fU);
    low = 0x80;
    high = 0xbf;
  }
  return {value, length, true};
}

struct ClassRange {
  char32_t first, last;
  CharacterClass kind;
};

/// Letters and numbers of Unicode 16 that an older ICU has as unassigned.
constexpr ClassRange kNewer[] = {
    {0x1c89, 0x1c8a, CharacterClass::letter},   {0xa7cb, 0xa7cd, CharacterClass::letter},
    {0xa7da, 0xa7dc, CharacterClass::letter},   {0x105c0, 0x105f3, CharacterClass::letter},
    {0x10d40, 0x10d49, CharacterClass::number}, {0x10d4a, 0x10d65, CharacterClass::letter},
    {0x10d6f, 0x10d85, CharacterClass::letter}, {0x10ec2, 0x10ec4, CharacterClass::letter},
    {0x11380, 0x11389, CharacterClass::letter}, {0x1138b, 0x1138b, CharacterClass::letter},
    {0x1138e, 0x1138e, CharacterClass::letter}, {0x11390, 0x113b5, CharacterClass::letter},
    {0x113b7, 0x113b7, CharacterClass::letter}, {0x113d1, 0x113d1, CharacterClass::letter},
    {0x113d3, 0x113d3, CharacterClass::letter}, {0x116d0, 0x116e3, CharacterClass::number},
    {0x11bc0, 0x11be0, CharacterClass::letter}, {0x11bf0, 0x11bf9, CharacterClass::number},
    {0x13460, 0x143fa, CharacterClass::letter}, {0x16100, 0x1611d, CharacterClass::letter},
    {0x16130, 0x16139, CharacterClass::number}, {0x16d40, 0x16d6c, CharacterClass::letter},
    {0x16d70, 0x16d79, CharacterClass::number}, {0x18cff, 0x18cff, CharacterClass::letter},
    {0x1ccf0, 0x1ccf9, CharacterClass::number}, {0x1e5d0, 0x1e5ed, CharacterClass::letter},
    {0x1e5f0, 0x1e5f0, CharacterClass::letter}, {0x1e5f1, 0x1e5fa, CharacterClass::number},
    {0x2ebf0, 0x2ee5d, CharacterClass::letter}};

CharacterClass newer_class(char32_t code_point) {
  for (const ClassRange& range : kNewer) {
    if (code_point >= range.first && code_point <= range.last) return range.kind;
  }
  return CharacterClass::other;
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const Decoded decoded = decode(text);
  return {decoded.value, decoded.length};
}

CodePoint last_code_point(std::string_view text) {
  std::size_t start = text.size() - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
  return first_code_point(text.substr(start));
}

std::string to_utf8(char32_t code_point) {
  std::string text;
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
  return text;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    std::uint64_t eight = 0;
    if (text.size() >= sizeof eight) std::memcpy(&eight, text.data(), sizeof eight);
    if (text.size() >= sizeof eight && (eight & 0x8080808080808080ULL) == 0) {
      text.remove_prefix(sizeof eight);
      continue;
    }
    const Decoded decoded = decode(text);
    if (!decoded.valid) return false;
    text.remove_prefix(decoded.length);
  }
  return true;
}

std::string repair_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Decoded decoded = decode(bytes);
    text += decoded.valid ? bytes.substr(0, decoded.length) : std::string_view("\xef\xbf\xbd");
    bytes.remove_prefix(decoded.length);
  }
  return text;
}

bool is_white_space(char32_t code_point) {
  return u_isUWhiteSpace(static_cast<UChar32>(code_point)) != 0;
}

CharacterClass character_class(char32_t code_point) {
  const auto c = static_cast<UChar32>(code_point);
  const std::uint32_t category = U_GET_GC_MASK(c);
  if ((category & U_GC_L_MASK) != 0) return CharacterClass::letter;
  if ((category & U_GC_N_MASK) != 0) return CharacterClass::number;
  if (u_isUWhiteSpace(c) != 0) return CharacterClass::space;
  return (category & U_GC_CN_MASK) != 0 ? newer_class(code_point) : CharacterClass::other;
}

bool is_numeric(char32_t code_point) {
  return character_class(code_point) == CharacterClass::number;
}

bool is_word_character(char32_t code_point) {
  const auto c = static_cast<UChar32>(code_point);
  return u_isUAlphabetic(c) != 0 || (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) != 0;
}

}  // namespace imp::models
