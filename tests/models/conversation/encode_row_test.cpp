// SPDX-License-Identifier: Apache-2.0
#include "models/conversation/encode_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using Ids = std::vector<std::int32_t>;

const fs::path kData = IMP_TEST_DATA;

const Tokenizer& tokenizer(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Tokenizer>> loaded;
  std::unique_ptr<Tokenizer>& entry = loaded[name];
  if (!entry) entry = Tokenizer::load(kData / "tokenizers" / name);
  return *entry;
}

std::vector<Turn> turns_of(const json& value) {
  std::vector<Turn> turns;
  for (const json& turn : value) turns.push_back({turn[0].get<std::string>(), turn[1].get<std::string>()});
  return turns;
}

Ids joined(std::initializer_list<Ids> parts) {
  Ids all;
  for (const Ids& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// The row's tokens of one turn.
Ids of_turn(const EncodedRow& row, std::int32_t turn) {
  Ids ids;
  for (std::size_t i = 0; i < row.ids.size(); ++i) {
    if (row.turns[i] == turn) ids.push_back(row.ids[i]);
  }
  return ids;
}

TEST(EncodeTrainingRow, IdsAndLabelsAreThoseOfTheDefiningCode) {
  // make_rows.py wrote them; what it leaves to the collator, the cut at max_length, is done here.
  std::istringstream lines(read_file(kData / "conversations/rows.jsonl"));
  int count = 0, disagreeing = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json value = json::parse(line);
    const auto limit = value["max_length"].get<std::int64_t>();
    auto ids = value["ids"].get<Ids>(), labels = value["labels"].get<Ids>();
    const bool cut = ids.size() > static_cast<std::size_t>(limit);
    if (cut) {
      ids.resize(static_cast<std::size_t>(limit));
      labels.resize(static_cast<std::size_t>(limit));
    }
    const EncodedRow row = encode_training_row(
        tokenizer(value["tokenizer"]), conversation_template(value["template"].get<std::string>()),
        turns_of(value["turns"]), value["has_image"], 1, limit, TurnsMode::conversation);
    EXPECT_EQ(row.ids, ids) << line;
    EXPECT_EQ(row.labels, labels) << line;
    EXPECT_EQ(row.lengths_disagree, value["disagree"].get<bool>()) << line;
    disagreeing += row.lengths_disagree ? 1 : 0;
  }
  EXPECT_GT(count, 200);
  EXPECT_GT(disagreeing, 10);
}

TEST(EncodeTrainingRow, ColumnsHaveOneEntryATokenAndPicturesAreExpanded) {
  for (const std::string& name : conversation_names()) {
    const std::vector<Turn> turns{{"<image>\nWhat?", "That."}};
    const EncodedRow one = encode_training_row(tokenizer("phi"), conversation_template(name), turns, true, 1,
                                               0, TurnsMode::conversation);
    const EncodedRow row = encode_training_row(tokenizer("phi"), conversation_template(name), turns, true, 5,
                                               0, TurnsMode::conversation);
    EXPECT_EQ(row.ids.size(), one.ids.size() + 4) << name;
    EXPECT_EQ(row.labels.size(), row.ids.size());
    EXPECT_EQ(row.turns.size(), row.ids.size());
    ASSERT_EQ(row.image_positions.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(row.image_positions[i], one.image_positions[0] + static_cast<std::int32_t>(i));
      EXPECT_EQ(row.ids[static_cast<std::size_t>(row.image_positions[i])], kImagePlaceholder);
      EXPECT_EQ(row.labels[static_cast<std::size_t>(row.image_positions[i])], kIgnoreLabel);
      EXPECT_EQ(row.turns[static_cast<std::size_t>(row.image_positions[i])], 0);
    }
    EXPECT_EQ(Ids(one.ids.begin() + one.image_positions[0] + 1, one.ids.end()),
              Ids(row.ids.begin() + row.image_positions[4] + 1, row.ids.end()));
  }
}

TEST(EncodeTrainingRow, ALongRowIsCutInTheMiddleOfThePictureToo) {
  const std::vector<Turn> turns{{"What?", "That."}};
  const EncodedRow row = encode_training_row(tokenizer("phi"), conversation_template("bare_v1"), turns, true,
                                             50, 20, TurnsMode::conversation);
  EXPECT_TRUE(row.truncated);
  EXPECT_EQ(row.ids.size(), 20U);
  EXPECT_EQ(row.turns.size(), 20U);
  EXPECT_EQ(row.image_positions.back(), 19);
}

TEST(IsolatedTurns, EachTurnHasTheTokensOfAPromptAndItsAnswer) {
  const std::vector<Turn> turns{
      {"What does it say?", "OPEN"}, {"Which colour?", "red"}, {"A word: naïve?", "no"}};
  for (const char* kind : {"phi", "smollm2", "llama_legacy", "llama_metaspace", "sentencepiece"}) {
    for (const char* name : {"bare_v1", "llava_v1"}) {
      for (const bool has_image : {true, false}) {
        const ConversationTemplate conversation = conversation_template(name);
        const EncodedRow row =
            encode_training_row(tokenizer(kind), conversation, turns, has_image, 4, 0, TurnsMode::isolated);
        EXPECT_EQ(row.image_positions.size(), has_image ? 4U : 0U);
        for (std::size_t i = 0; i < turns.size(); ++i) {
          const EncodedRow prompt =
              encode_prompt(tokenizer(kind), conversation, turns[i].question, has_image, 4);
          const std::vector<Turn> marked{{"<image>\n" + turns[i].question, turns[i].answer}};
          const EncodedRow alone = encode_training_row(
              tokenizer(kind), conversation, has_image ? std::span(marked) : std::span(turns).subspan(i, 1),
              has_image, 4, 0, TurnsMode::conversation);
          const auto turn = static_cast<std::int32_t>(i) + 1;
          EXPECT_EQ(joined({of_turn(row, 0), of_turn(row, turn)}), alone.ids) << kind << name;
          ASSERT_LE(prompt.ids.size(), alone.ids.size());
          EXPECT_TRUE(std::equal(prompt.ids.begin(), prompt.ids.end(), alone.ids.begin())) << kind << name;
          EXPECT_THAT(prompt.labels, Each(kIgnoreLabel));
          EXPECT_EQ(of_turn(prompt, 0), of_turn(row, 0));
        }
        EXPECT_TRUE(std::is_sorted(row.turns.begin(), row.turns.end()));
        // LLaVA's turns end in </s> where the tokenizer has it.
        const std::int32_t end = name == std::string("llava_v1")
                                     ? tokenizer(kind).token_id("</s>").value_or(tokenizer(kind).eos_id())
                                     : tokenizer(kind).eos_id();
        EXPECT_EQ(std::count(row.labels.begin(), row.labels.end(), end), 3) << kind << name;
      }
    }
  }
}

TEST(IsolatedTurns, PlainTakesSeveralCaptions) {
  const std::vector<Turn> turns{{"", "one"}, {"", "two"}};
  const auto row = encode_training_row(tokenizer("phi"), conversation_template("plain"), turns, true, 2, 0,
                                       TurnsMode::isolated);
  EXPECT_EQ(row.ids, joined({{kImagePlaceholder, kImagePlaceholder},
                             tokenizer("phi").encode("one\n"),
                             tokenizer("phi").encode("two\n")}));
  EXPECT_THROW((void)encode_training_row(tokenizer("phi"), conversation_template("plain"), turns, true, 2, 0,
                                         TurnsMode::conversation),
               Error);
}

TEST(EncodePrompt, EndsInTheAssistantsTagAfterEarlierTurns) {
  const std::vector<Turn> earlier{{"What?", "That."}};
  for (const char* name : {"bare_v1", "llava_v1"}) {
    const auto row = encode_prompt(tokenizer("phi"), conversation_template(name), earlier, "Why?", true, 1);
    const std::string text = tokenizer("phi").decode(row.ids, true);
    EXPECT_TRUE(text.ends_with("USER: Why? ASSISTANT:")) << text;
    EXPECT_THAT(text, HasSubstr("ASSISTANT: That."));
  }
}

TEST(CustomConversation, BareV1CanBeSpelledOut) {
  const std::vector<Turn> turns{{"<image>\nWhat?", "That."}, {"Why?", "So."}};
  const auto custom = custom_conversation("", "USER: ", " ASSISTANT: ", "");
  const auto one = encode_training_row(tokenizer("phi"), custom, turns, true, 3, 0, TurnsMode::conversation);
  const auto other = encode_training_row(tokenizer("phi"), conversation_template("bare_v1"), turns, true, 3,
                                         0, TurnsMode::conversation);
  EXPECT_EQ(one.ids, other.ids);
  EXPECT_EQ(one.labels, other.labels);
}

TEST(CustomConversation, StringsAreTakenLiterally) {
  const auto chat = custom_conversation("<|im_start|>system\nBe brief.<|im_end|>\n", "<|im_start|>user\n",
                                        "<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>");
  const Tokenizer& smol = tokenizer("smollm2");
  const auto row = encode_training_row(smol, chat, std::vector<Turn>{{"Hi", "Hello"}}, false, 0, 0,
                                       TurnsMode::conversation);
  EXPECT_EQ(smol.decode(row.ids, false),
            "<|im_start|>system\nBe "
            "brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>");
  Ids learned;
  std::copy_if(row.labels.begin(), row.labels.end(), std::back_inserter(learned),
               [](std::int32_t id) { return id != kIgnoreLabel; });
  EXPECT_EQ(smol.decode(learned, false), "Hello<|im_end|>");
}

TEST(CustomConversation, ATagThatMergesWithTheAnswerIsRefused) {
  const auto conversation = custom_conversation("", "Q: ", " A:r", "");
  try {
    (void)encode_training_row(tokenizer("phi"), conversation, std::vector<Turn>{{"x", "ed"}}, false, 0, 0,
                              TurnsMode::conversation);
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'assistant'"));
  }
}

TEST(ConversationTemplate, AnUnknownNameListsTheKnownOnes) {
  try {
    (void)conversation_template("llava");
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("llava_v1, imp, mobilevlm, plain, bare_v1"));
  }
}

/// Phi's tokenizer without the token "<image>" that LLaVA directories add.
std::unique_ptr<Tokenizer> without_image_token() {
  const fs::path folder = fs::temp_directory_path() / ("imp-image-token-" + std::to_string(::getpid()));
  fs::copy(kData / "tokenizers/phi", folder);
  json file = json::parse(read_file(folder / "tokenizer.json"));
  json kept = json::array();
  for (const json& token : file["added_tokens"]) {
    if (token["content"] != "<image>") kept.push_back(token);
  }
  file["added_tokens"] = kept;
  write_file_atomically(folder / "tokenizer.json", file.dump());
  std::unique_ptr<Tokenizer> made = Tokenizer::load(folder);
  fs::remove_all(folder);
  return made;
}

TEST(WordImage, IsTheSameTextWhetherTheTokenizerHasATokenForItOrNot) {
  const auto other = without_image_token();
  ASSERT_FALSE(other->token_id("<image>").has_value());
  ASSERT_TRUE(tokenizer("phi").token_id("<image>").has_value());
  const std::vector<Turn> turns{{"What is <image>?", "A tag: <image>."}, {"<image>", "<image>"}};
  for (const std::string& name : conversation_names()) {
    for (const TurnsMode mode : {TurnsMode::conversation, TurnsMode::isolated}) {
      if (name == "plain" && mode == TurnsMode::conversation) continue;
      const auto plain =
          encode_training_row(tokenizer("phi"), conversation_template(name), turns, false, 4, 0, mode);
      const auto row = encode_training_row(*other, conversation_template(name), turns, false, 4, 0, mode);
      EXPECT_EQ(row.ids, plain.ids) << name;
      EXPECT_EQ(row.labels, plain.labels) << name;
      EXPECT_TRUE(row.image_positions.empty());
    }
    const auto prompt = encode_prompt(*other, conversation_template(name), "Say <image>", false, 0);
    EXPECT_EQ(prompt.ids,
              encode_prompt(tokenizer("phi"), conversation_template(name), "Say <image>", false, 0).ids);
    EXPECT_THAT(prompt.ids, Not(Contains(kImagePlaceholder)));
  }
}

TEST(WordImage, InAQuestionAboutAPictureIsThePicture) {
  for (const char* name : {"bare_v1", "llava_v1"}) {
    const auto marked =
        encode_prompt(tokenizer("phi"), conversation_template(name), "What <image> now?", true, 3);
    const auto plain = encode_prompt(tokenizer("phi"), conversation_template(name), "What  now?", true, 3);
    EXPECT_EQ(marked.ids, plain.ids) << name;
    EXPECT_EQ(marked.image_positions.size(), 3U);
  }
}

TEST(EncodeTrainingRow, ALastQuestionWithoutAnAnswerHidesAllLabels) {
  const std::vector<Turn> turns{{"What?", "That."}, {"Why?", std::nullopt}};
  for (const char* name : {"llava_v1", "imp", "mobilevlm", "bare_v1"}) {
    const auto row = encode_training_row(tokenizer("phi"), conversation_template(name), turns, false, 0, 0,
                                         TurnsMode::conversation);
    EXPECT_THAT(row.labels, Each(kIgnoreLabel)) << name;
    EXPECT_TRUE(row.unanswered) << name;
    const auto isolated = encode_training_row(tokenizer("phi"), conversation_template(name), turns, false, 0,
                                              0, TurnsMode::isolated);
    const auto alone = encode_training_row(tokenizer("phi"), conversation_template(name),
                                           std::span(turns).first(1), false, 0, 0, TurnsMode::isolated);
    EXPECT_TRUE(std::equal(alone.labels.begin(), alone.labels.end(), isolated.labels.begin())) << name;
    EXPECT_THAT(Ids(isolated.labels.begin() + std::ssize(alone.labels), isolated.labels.end()),
                Each(kIgnoreLabel));
    EXPECT_TRUE(isolated.unanswered);
  }
}

TEST(EncodeTrainingRow, ARowWithoutTurnsOrWithAnAnswerMissingInsideIsRefused) {
  const auto bare = conversation_template("bare_v1");
  EXPECT_THROW((void)encode_training_row(tokenizer("phi"), bare, {}, true, 1, 0, TurnsMode::conversation),
               Error);
  const std::vector<Turn> turns{{"Why?", std::nullopt}, {"What?", "That."}};
  for (const TurnsMode mode : {TurnsMode::conversation, TurnsMode::isolated})
    EXPECT_THROW((void)encode_training_row(tokenizer("phi"), bare, turns, true, 1, 0, mode), Error);
}

}  // namespace
}  // namespace imp::models
