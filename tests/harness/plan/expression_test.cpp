// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/expression.h"

#include <gtest/gtest.h>

#include "models/io/error.h"

namespace imp::harness {
namespace {

bool holds(std::string_view text, const TrialConfig& config = {}) {
  return Expression::parse_condition(text, {"--only", 1, 1}).holds(config);
}

double number(std::string_view text) {
  const TrialConfig config;
  return std::get<double>(Expression::parse(text, {"x", 1, 1}).evaluate([&](const KeyDescription& key) {
    return expression_value(key, config);
  }));
}

std::string message(std::string_view text) {
  try {
    static_cast<void>(holds(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Expression, ComparesKeysWithNumbersAndTexts) {
  EXPECT_TRUE(holds("lora_rank == 256"));
  EXPECT_FALSE(holds("lora_rank != 256"));
  EXPECT_TRUE(holds("lora_rank>=256&&lora_rank<=256"));
  EXPECT_TRUE(holds("finetune == 'lora'"));
  EXPECT_TRUE(holds("learning_rate == 0.0002"));
  EXPECT_TRUE(holds("llm == \"phi\" && encoder != 'clip'"));
}

TEST(Expression, AndBindsMoreTightlyThanOr) {
  EXPECT_TRUE(holds("1 == 1 || 1 == 2 && 1 == 2"));
  EXPECT_FALSE(holds("(1 == 1 || 1 == 2) && 1 == 2"));
  EXPECT_TRUE(holds("!(1 == 2) && !(1 == 2)"));
  EXPECT_FALSE(holds("!!(1 == 2)"));
}

TEST(Expression, ArithmeticFollowsThePrecedenceOfSchool) {
  EXPECT_EQ(number("1 + 2 * 3 - 4 / 2"), 5);
  EXPECT_EQ(number("10 - 3 - 2"), 5);
  EXPECT_EQ(number("-(2 + 3) * -2"), 10);
  EXPECT_EQ(number("lora_rank / 2"), 128);
}

TEST(Expression, MistakesPointAtTheirColumn) {
  EXPECT_EQ(message("epochs == 1 && lora_rnak == 8"),
            "--only:1:16: unknown key 'lora_rnak'; did you mean 'lora_rank'?");
  EXPECT_EQ(message("lora_rank = 8"), "--only:1:11: '=' is not expected here; equality is ==");
  EXPECT_EQ(message("lora_rank == 'big'"),
            "--only:1:11: a number is compared with text; the types must agree");
  EXPECT_EQ(message("finetune == 'Lora'"), "--only:1:13: finetune never is 'Lora'; did you mean 'lora'?");
  EXPECT_EQ(message("llm < 'phi'"), "--only:1:1: '<' needs a number here, and this is text");
  EXPECT_EQ(message("(epochs == 1"), "--only:1:13: ')' is missing");
  EXPECT_EQ(message("llm == 'phi"), "--only:1:8: the closing ' is missing");
  EXPECT_EQ(message("epochs == 1 and lora_rank == 2"), "--only:1:13: 'a' is not expected here");
  EXPECT_EQ(message(""), "--only:1:1: the expression ends where a key, a number or a text is expected");
  EXPECT_EQ(message("epochs"),
            "--only:1:1: 'epochs' is a number; write a comparison such as lora_rank == 128");
  EXPECT_EQ(message("1 / (epochs - 1) == 1"), "--only:1:6: this divisor is 0");
}

TEST(Expression, DeepNestingIsRefusedAndNotFollowed) {
  EXPECT_EQ(message(std::string(5000, '(')), "--only:1:51: too many parentheses");
  EXPECT_EQ(message(std::string(5000, '!')), "--only:1:100: too many signs");
}

}  // namespace
}  // namespace imp::harness
