// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/bpe_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

BpeTraining training(std::int32_t size) {
  return {.vocab_size = size,
          .special_tokens = {"<|endoftext|>", "<pad>", "<image>"},
          .eos_token = "<|endoftext|>",
          .pad_token = "<pad>",
          .bos_token = ""};
}

/// Texts of one short word each, so that words and pairs can be counted by hand.
std::vector<std::string> random_words(std::uint64_t seed) {
  std::vector<std::string> words;
  for (std::uint64_t i = 0; i < 200; ++i) {
    std::string word;
    for (std::uint64_t k = 0; k < 1 + counter_random(seed, i, 100) % 7; ++k) {
      word += static_cast<char>('a' + counter_random(seed, i, k) % 3);
    }
    words.push_back(word);
  }
  return words;
}

/// The definition, word for word: count all pairs, merge the most frequent everywhere, again.
std::vector<std::pair<std::int32_t, std::int32_t>> merges_by_definition(const std::vector<std::string>& texts,
                                                                        std::size_t size) {
  std::vector<std::vector<std::int32_t>> words;
  for (const std::string& text : texts) {
    words.emplace_back();
    for (const char c : text) words.back().push_back(3 + static_cast<unsigned char>(c));
  }
  std::map<std::string, std::int32_t> ids;
  std::map<std::int32_t, std::string> names;
  for (int byte = 0; byte < 256; ++byte) names[3 + byte] = std::string(1, static_cast<char>(byte));
  std::vector<std::pair<std::int32_t, std::int32_t>> merges;
  std::size_t next = 259;
  while (next < size) {
    std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
    for (const auto& word : words) {
      for (std::size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
    }
    std::pair<std::int32_t, std::int32_t> best;
    int most = 0;
    for (const auto& [pair, count] : counts) {
      if (count > most) std::tie(best, most) = std::pair(pair, count);
    }
    if (most < 2) break;
    const auto [place, is_new] =
        ids.emplace(names[best.first] + names[best.second], static_cast<std::int32_t>(next));
    if (is_new) names[static_cast<std::int32_t>(next++)] = place->first;
    merges.push_back(best);
    for (auto& word : words) {
      std::vector<std::int32_t> merged;
      for (std::size_t i = 0; i < word.size(); ++i) {
        const bool here = i + 1 < word.size() && std::pair(word[i], word[i + 1]) == best;
        merged.push_back(here ? place->second : word[i]);
        if (here) ++i;
      }
      word = merged;
    }
  }
  return merges;
}

TEST(BpeTrainer, MergesAreThoseOfTheDefinition) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<std::string> texts = random_words(seed);
    EXPECT_EQ(train_bpe(texts, training(400)).merges, merges_by_definition(texts, 400)) << seed;
  }
}

TEST(BpeTrainer, TheOrderOfTextsDoesNotMatter) {
  std::vector<std::string> texts = random_words(3);
  const TrainedBpe one = train_bpe(texts, training(300));
  std::reverse(texts.begin(), texts.end());
  const TrainedBpe other = train_bpe(texts, training(300));
  EXPECT_EQ(one.tokens, other.tokens);
  EXPECT_EQ(one.merges, other.merges);
}

TEST(BpeTrainer, ASpecialTokenIsNeverMade) {
  BpeTraining wanted = training(300);
  wanted.special_tokens.emplace_back("ab");
  const TrainedBpe trained = train_bpe(std::vector<std::string>(10, "abab abab"), wanted);
  EXPECT_EQ(std::count(trained.tokens.begin(), trained.tokens.end(), "ab"), 1);
  for (const auto& [left, right] : trained.merges) {
    EXPECT_NE(
        trained.tokens[static_cast<std::size_t>(left)] + trained.tokens[static_cast<std::size_t>(right)],
        "ab");
  }
}

TEST(BpeTrainer, WhatCannotBeIsRefused) {
  const std::vector<std::string> texts{"a"};
  const auto refusal = [&](const BpeTraining& wanted) -> std::string {
    try {
      (void)train_bpe(texts, wanted);
    } catch (const Error& error) {
      return error.what();
    }
    return "not refused";
  };
  EXPECT_THAT(refusal(training(258)), HasSubstr("need 259"));
  BpeTraining wanted = training(300);
  wanted.eos_token = "<eos>";
  EXPECT_THAT(refusal(wanted), HasSubstr("'<eos>'"));
  wanted = training(300);
  wanted.special_tokens.emplace_back("<pad>");
  EXPECT_THAT(refusal(wanted), HasSubstr("'<pad>'"));
}

TEST(BpeTrainer, WhatIsWrittenIsLoaded) {
  const fs::path folder = fs::path(::testing::TempDir()) / "trained";
  BpeTraining wanted = training(900);
  wanted.bos_token = "<|endoftext|>";
  wanted.individual_digits = true;
  const TrainedBpe trained =
      train_bpe(std::vector<std::string>{read_file(fs::path(IMP_SOURCE) / "LICENSE")}, wanted);
  write_tokenizer(folder, trained, wanted);
  const auto tokenizer = Tokenizer::load(folder);
  EXPECT_EQ(tokenizer->vocab_size(), 900);
  EXPECT_EQ(tokenizer->eos_id(), 0);
  EXPECT_EQ(tokenizer->pad_id(), 1);
  EXPECT_EQ(tokenizer->prefix_ids(), std::vector<std::int32_t>{0});
  EXPECT_EQ(tokenizer->encode("<image>"), std::vector<std::int32_t>{2});
  EXPECT_EQ(tokenizer->encode("2024").size(), 4U);
  EXPECT_LT(tokenizer->encode("You may reproduce and distribute copies of the Work").size(), 15U);
  const std::string text = "naïve \U0001f600 \n x\t<pad> 12";
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(text), false), text);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace imp::models
