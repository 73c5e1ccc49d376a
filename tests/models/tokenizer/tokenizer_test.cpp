// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const fs::path kData = fs::path(IMP_TEST_DATA) / "tokenizers";

/// tests/models/tokenizer/make_tokenizers.py made the folders and wrote what the Python libraries give.
class TokenizerEquality : public ::testing::TestWithParam<const char*> {};

TEST_P(TokenizerEquality, IdsAndTextAreThoseOfThePythonLibrary) {
  const auto tokenizer = Tokenizer::load(kData / GetParam());
  std::istringstream lines(read_file(kData / GetParam() / "expected.jsonl"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json expected = json::parse(line);
    const auto text = expected["text"].get<std::string>();
    const auto ids = expected["ids"].get<std::vector<std::int32_t>>();
    EXPECT_EQ(tokenizer->encode(text), ids) << expected["text"];
    EXPECT_EQ(tokenizer->decode(ids, false), expected["decoded"].get<std::string>()) << expected["text"];
    EXPECT_EQ(tokenizer->decode(ids, true), expected["plain"].get<std::string>()) << expected["text"];
  }
  EXPECT_GT(count, 250);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TokenizerEquality,
                         ::testing::Values("phi", "smollm2", "split_regex", "splits", "flags", "llama_legacy",
                                           "llama_metaspace", "metaspace", "sentencepiece"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Tokenizer, SpecialTokensAreKnownByRole) {
  const auto phi = Tokenizer::load(kData / "phi");
  EXPECT_TRUE(phi->prefix_ids().empty());
  EXPECT_EQ(phi->eos_id(), phi->token_id("<|endoftext|>"));
  EXPECT_EQ(phi->vocab_size(), *phi->token_id("<image>") + 1);
  EXPECT_EQ(phi->token_id("<absent>"), std::nullopt);
  for (const char* kind : {"llama_legacy", "sentencepiece"}) {
    const auto llama = Tokenizer::load(kData / kind);
    EXPECT_EQ(llama->prefix_ids(), std::vector<std::int32_t>{1});
    EXPECT_EQ(llama->eos_id(), 2);
    EXPECT_EQ(llama->bos_id(), 1);
    EXPECT_EQ(llama->encode("<s>a</s>").front(), 1);
  }
}

TEST(Tokenizer, TheLegacySpaceRulePutsASpaceAfterEveryAddedToken) {
  const fs::path folder = fs::path(::testing::TempDir()) / "space_rules";
  const auto text_of = [&](const json& config) {
    fs::remove_all(folder);
    write_file_atomically(folder / "tokenizer.model", read_file(kData / "sentencepiece" / "tokenizer.model"));
    write_file_atomically(folder / "tokenizer_config.json", config.dump());
    const auto tokenizer = Tokenizer::load(folder);
    return tokenizer->decode(tokenizer->encode("a</s>b"), false);
  };
  EXPECT_EQ(text_of({{"legacy", true}}), "a</s> b");
  EXPECT_EQ(text_of({{"legacy", false}}), "a</s>b");
  EXPECT_EQ(text_of({{"legacy", nullptr}}), "a</s>b");
  EXPECT_EQ(text_of({{"legacy", true}, {"add_prefix_space", false}}), "a</s>b");
  EXPECT_THROW(text_of({{"legacy", "yes"}}), Error);
  fs::remove_all(folder);
}

TEST(Tokenizer, InvalidUtf8CountsAsReplacementCharacters) {
  const auto tokenizer = Tokenizer::load(kData / "phi");
  EXPECT_EQ(tokenizer->encode("a\xff\xc3(\xe2\x82"), tokenizer->encode("a\uFFFD\uFFFD(\uFFFD"));
  for (const char* kind : {"phi", "splits", "flags", "llama_legacy", "metaspace", "sentencepiece"}) {
    const auto other = Tokenizer::load(kData / kind);
    for (std::uint64_t round = 0; round < 500; ++round) {
      std::string noise;
      for (std::uint64_t i = 0; i < round % 40; ++i) noise += static_cast<char>(counter_random(1, round, i));
      const auto ids = other->encode(noise);
      (void)other->decode(ids, round % 2 == 0);
    }
  }
}

TEST(Tokenizer, IdsOutsideTheVocabularyAreLeftOutOfText) {
  const auto tokenizer = Tokenizer::load(kData / "phi");
  EXPECT_EQ(
      tokenizer->decode(std::vector<std::int32_t>{-200, 1'000'000, tokenizer->encode("a").front()}, false),
      "a");
  EXPECT_EQ(tokenizer->decode({}, false), "");
}

class TokenizerFile : public ::testing::Test {
 protected:
  TokenizerFile() : folder_(fs::path(::testing::TempDir()) / "tokenizer_file") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~TokenizerFile() override { fs::remove_all(folder_); }

  std::string refusal_of(const std::string& name, const std::string& content) const {
    write_file_atomically(folder_ / name, content);
    try {
      (void)Tokenizer::load(folder_);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(folder_.string()));
      return error.what();
    }
    return "not refused";
  }

  /// The Phi-like file with one part put in another's place.
  static std::string with(const std::string& key, const json& value) {
    json root = json::parse(read_file(kData / "phi" / "tokenizer.json"));
    root[json::json_pointer(key)] = value;
    return root.dump();
  }

  fs::path folder_;
};

TEST_F(TokenizerFile, WhatIsNotKnownIsRefusedByName) {
  EXPECT_THAT(refusal_of("tokenizer.json", with("/pre_tokenizer", {{"type", "Bert"}})), HasSubstr("'Bert'"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/normalizer", {{"type", "Precompiled"}})),
              HasSubstr("'Precompiled'"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/decoder", {{"type", "WordPiece"}})),
              HasSubstr("'WordPiece'"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/model/type", "Unigram")), HasSubstr("'Unigram'"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/post_processor", {{"type", "Roberta"}})),
              HasSubstr("'Roberta'"));
  const json pattern = {{"type", "Split"}, {"pattern", {{"Regex", "(unclosed"}}}, {"behavior", "Isolated"}};
  EXPECT_THAT(refusal_of("tokenizer.json", with("/pre_tokenizer", pattern)), HasSubstr("(unclosed"));
}

TEST_F(TokenizerFile, MalformedFilesAreRefused) {
  EXPECT_THAT(refusal_of("tokenizer.json", "{\"model\": "), HasSubstr("not JSON"));
  EXPECT_THAT(refusal_of("tokenizer.json", "[]"), HasSubstr("'model'"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/model/vocab", 3)), HasSubstr("tokenizer.json"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/model/merges", {"a zzzz"})),
              HasSubstr("'zzzz' is not in model.vocab"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/model/vocab/a", -1)), HasSubstr("the id of 'a'"));
  EXPECT_THAT(refusal_of("tokenizer.json", with("/added_tokens", {{{"id", 1}}})),
              HasSubstr("tokenizer.json"));
}

TEST_F(TokenizerFile, DamagedSentencePieceModelsAreRefused) {
  const std::string whole = read_file(kData / "sentencepiece" / "tokenizer.model");
  EXPECT_THAT(refusal_of("tokenizer.model", ""), HasSubstr("no pieces"));
  EXPECT_THAT(refusal_of("tokenizer.model", whole.substr(0, whole.size() - 1)), HasSubstr("cut off"));
  for (std::uint64_t round = 0; round < 300; ++round) {
    std::string damaged = whole;
    damaged[counter_random(2, round, 0) % damaged.size()] = static_cast<char>(counter_random(2, round, 1));
    write_file_atomically(folder_ / "tokenizer.model", damaged);
    try {
      (void)Tokenizer::load(folder_)->encode("some text");
    } catch (const Error&) {
    }
  }
}

TEST_F(TokenizerFile, AFolderWithoutATokenizerIsRefused) {
  EXPECT_THAT(refusal_of("other", ""), AllOf(HasSubstr("tokenizer.json"), HasSubstr("tokenizer.model")));
}

}  // namespace
}  // namespace imp::models
