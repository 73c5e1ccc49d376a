// SPDX-License-Identifier: Apache-2.0
#include "harness/data/word_count.h"

namespace imp::harness {
namespace {

/// Bytes of the white space that begins `text`, as Python's str.split sees it, or 0.
std::size_t space_at(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte == ' ' || (byte >= 0x09 && byte <= 0x0d) || (byte >= 0x1c && byte <= 0x1f)) return 1;
  if (byte == 0xc2) return text.starts_with("\xc2\x85") || text.starts_with("\xc2\xa0") ? 2 : 0;
  if (byte < 0xe1 || byte > 0xe3 || text.size() < 3) return 0;
  const auto last = static_cast<unsigned char>(text[2]);
  const std::string_view front = text.substr(0, 2);
  const bool space =
      (front == "\xe1\x9a" && last == 0x80) ||
      (front == "\xe2\x80" && (last <= 0x8a || last == 0xa8 || last == 0xa9 || last == 0xaf)) ||
      (front == "\xe2\x81" && last == 0x9f) || (front == "\xe3\x80" && last == 0x80);
  return space ? 3 : 0;
}

}  // namespace

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  while (!text.empty()) {
    const std::size_t space = space_at(text);
    if (space == 0 && !inside) ++words;
    inside = space == 0;
    text.remove_prefix(space == 0 ? 1 : space);
  }
  return words;
}

}  // namespace imp::harness
