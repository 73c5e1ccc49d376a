// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/gpt2_words.h"

#include <array>

#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

constexpr std::array<CharacterClass, 128> ascii_classes() {
  std::array<CharacterClass, 128> classes{};
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    classes[c] = letter                 ? CharacterClass::letter
                 : c >= '0' && c <= '9' ? CharacterClass::number
                 : space                ? CharacterClass::space
                                        : CharacterClass::other;
  }
  return classes;
}

constexpr std::array<CharacterClass, 128> kAscii = ascii_classes();

struct Character {
  CharacterClass kind;
  std::size_t length;
};

Character character_at(std::string_view text, std::size_t place) {
  const auto byte = static_cast<unsigned char>(text[place]);
  if (byte < 0x80) return {kAscii[byte], 1};
  const CodePoint point = first_code_point(text.substr(place));
  return {character_class(point.value), point.length};
}

/// The end of the run of one kind that begins at `place`.
std::size_t end_of_run(std::string_view text, std::size_t place, CharacterClass kind) {
  while (place < text.size()) {
    const Character next = character_at(text, place);
    if (next.kind != kind) break;
    place += next.length;
  }
  return place;
}

/// Length of 's 't 're 've 'm 'll 'd at the start of `text`, or 0.
std::size_t contraction(std::string_view text) {
  if (text.size() < 2) return 0;
  const char first = text[1];
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if (text.size() < 3) return 0;
  const char second = text[2];
  return (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l')
             ? 3
             : 0;
}

/// A run of white space leaves its last character to the word that follows, unless it is the only one.
std::size_t end_of_spaces(std::string_view text, std::size_t begin) {
  std::size_t last = begin, end = begin;
  while (end < text.size()) {
    const Character next = character_at(text, end);
    if (next.kind != CharacterClass::space) return last > begin ? last : end;
    last = end;
    end += next.length;
  }
  return end;
}

}  // namespace

std::size_t end_of_gpt2_word(std::string_view text, std::size_t begin) {
  if (text[begin] == '\'') {
    if (const std::size_t length = contraction(text.substr(begin)); length > 0) return begin + length;
  }
  Character first = character_at(text, begin);
  std::size_t place = begin;
  if (text[begin] == ' ' && begin + 1 < text.size()) {
    first = character_at(text, begin + 1);
    if (first.kind != CharacterClass::space) place = begin + 1;
  }
  if (first.kind == CharacterClass::space) return end_of_spaces(text, begin);
  return end_of_run(text, place + first.length, first.kind);
}

}  // namespace imp::models
