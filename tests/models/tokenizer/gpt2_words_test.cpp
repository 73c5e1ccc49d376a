// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/gpt2_words.h"

#include <gtest/gtest.h>

#include <thread>

#include "models/io/hash.h"
#include "models/tokenizer/regex.h"
#include "models/tokenizer/unicode.h"
#include "models/tokenizer/word_cache.h"

namespace imp::models {
namespace {

/// Characters of every class beside each other, most of them where the pattern has its corners.
const std::vector<std::string>& alphabet() {
  static const std::vector<std::string> kCharacters = {"a",
                                                       "s",
                                                       "t",
                                                       "r",
                                                       "e",
                                                       "v",
                                                       "m",
                                                       "l",
                                                       "d",
                                                       "S",
                                                       "T",
                                                       "LL",
                                                       "'",
                                                       "'s",
                                                       "'ll",
                                                       "1",
                                                       "9",
                                                       "!",
                                                       "_",
                                                       "-",
                                                       " ",
                                                       " ",
                                                       "  ",
                                                       "\n",
                                                       "\t",
                                                       "\r",
                                                       "\x0b",
                                                       "\xc2\x85",
                                                       "\xc2\xa0",
                                                       "\xe3\x80\x80",
                                                       "\xe2\x80\x8b",
                                                       "\xe1\xa0\x8e",
                                                       "é",
                                                       "漢",
                                                       "ß",
                                                       "½",
                                                       "²",
                                                       "٣",
                                                       "Ⅷ",
                                                       "e\xcc\x81",
                                                       "\xcc\x81",
                                                       "😀",
                                                       "\xe2\x80\x8d",
                                                       "\x01",
                                                       std::string(1, '\0'),
                                                       "’",
                                                       "𝟙",
                                                       "𐌰"};
  return kCharacters;
}

TEST(Gpt2Words, AreThoseOfThePattern) {
  const Regex pattern(gpt2_pattern());
  for (std::uint64_t round = 0; round < 200'000; ++round) {
    std::string text;
    const std::uint64_t length = 1 + counter_random(1, round, 0) % 12;
    for (std::uint64_t i = 1; i <= length; ++i)
      text += alphabet()[counter_random(1, round, i) % alphabet().size()];
    std::vector<std::pair<std::size_t, std::size_t>> words;
    for (std::size_t begin = 0; begin < text.size(); begin = words.back().second) {
      words.emplace_back(begin, end_of_gpt2_word(text, begin));
    }
    ASSERT_EQ(words, pattern.find_all(text)) << testing::PrintToString(text);
  }
}

TEST(Gpt2Words, EveryCodePointHasTheClassOfThePattern) {
  const Regex letter(R"(\p{L})"), number(R"(\p{N})"), space(R"(\s)"), assigned(R"(\P{Cn})");
  for (char32_t point = 0; point < 0x110000; ++point) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const std::string text = to_utf8(point);
    if (assigned.find_all(text).empty()) continue;  // PCRE's Unicode is older
    const CharacterClass expected = !letter.find_all(text).empty()   ? CharacterClass::letter
                                    : !number.find_all(text).empty() ? CharacterClass::number
                                    : !space.find_all(text).empty()  ? CharacterClass::space
                                                                     : CharacterClass::other;
    ASSERT_EQ(character_class(point), expected) << std::hex << static_cast<unsigned>(point);
  }
}

TEST(CharacterClasses, ThoseOfUnicode16AreKnown) {
  EXPECT_EQ(character_class(0x1c89), CharacterClass::letter);
  EXPECT_EQ(character_class(0x2ebf0), CharacterClass::letter);
  EXPECT_EQ(character_class(0x10d40), CharacterClass::number);
  EXPECT_EQ(character_class(0x10ffff), CharacterClass::other);
}

TEST(WordCache, KeepsWordsApartAndForgetsWhatHasNoRoom) {
  const WordCache cache;
  const auto fill = [&](std::int32_t offset) {
    for (std::int32_t i = 0; i < 60'000; ++i) {
      const std::string word = std::to_string(i * 7 + offset);
      const std::int32_t ids[] = {i * 7 + offset, 5};
      cache.keep(word, ids, 1 + static_cast<std::size_t>(i % 2));
      std::vector<std::int32_t> found;
      if (!cache.append(word, found)) continue;
      EXPECT_EQ(found.front(), ids[0]);
    }
  };
  std::thread other(fill, 1);
  fill(0);
  other.join();
  std::vector<std::int32_t> ids;
  EXPECT_FALSE(cache.append(std::string(100, 'x'), ids));
  cache.keep(std::string(100, 'x'), ids.data(), 0);
  EXPECT_FALSE(cache.append(std::string(100, 'x'), ids));
  EXPECT_TRUE(ids.empty());
}

}  // namespace
}  // namespace imp::models
