// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/prediction.h"

#include <gtest/gtest.h>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

std::string refusal(const std::string& text) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "p.jsonl", text);
  try {
    (void)read_predictions(folder / "p.jsonl");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    const std::string message = error.what();
    return message.substr(message.find("p.jsonl"));
  }
  return "accepted";
}

TEST(Predictions, WhatIsWrittenIsReadBack) {
  const test::TemporaryFolder folder;
  const std::vector<Prediction> written = {
      {{"7", true}, {"p7", false}, "caf\xC3\xA9 \"5\"\n", 0.3, "price", 12, 3},
      {{"s8", false}, {"8", true}, "", std::nullopt, "", std::nullopt, std::nullopt}};
  write_predictions(folder / "p.jsonl", written);
  EXPECT_EQ(
      read_file(folder / "p.jsonl"),
      "{\"question_id\":7,\"image_id\":\"p7\",\"prediction\":\"caf\xC3\xA9 \\\"5\\\"\\n\",\"score\":0.3,"
      "\"family\":\"price\",\"question_tokens\":12,\"answer_tokens\":3}\n"
      "{\"question_id\":\"s8\",\"image_id\":8,\"prediction\":\"\"}\n");
  const std::vector<Prediction> read = read_predictions(folder / "p.jsonl");
  ASSERT_EQ(read.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(prediction_line(read[i]), prediction_line(written[i]));
}

TEST(Predictions, KeysNotNeededArePassedOverAndEmptyLinesToo) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "p.jsonl",
                        "\r\n{\"model\":[1,{}],\"prediction\":\"a\",\"question_id\":1,\"score\":null}\r\n\n");
  const std::vector<Prediction> read = read_predictions(folder / "p.jsonl");
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].score, std::nullopt);
}

TEST(Predictions, ScoreThatIsNotFiniteIsRefusedWithItsPlace) {
  for (const char* score : {"NaN", "-Infinity", "Infinity", "1e999", "\"a\""})
    EXPECT_EQ(refusal("\n{\"question_id\":1,\"prediction\":\"a\",\"score\":" + std::string(score) + "}\n"),
              "p.jsonl:2:43: 'score' is not a finite number; a number in [0, 1] or null is needed");
}

TEST(Predictions, MegabyteAnswerIsRefused) {
  EXPECT_EQ(refusal("{\"question_id\":1,\"prediction\":\"" + std::string(1'000'000, 'a') + "\"}\n"),
            "p.jsonl:1:31: an answer of 1000000 bytes; at most 65536 are accepted");
}

TEST(Predictions, InvalidUtf8IsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("{\"question_id\":1,\"prediction\":\"ab\xC3(\"}\n"),
            "p.jsonl:1:34: a byte that is not UTF-8; write the file as UTF-8");
}

TEST(Predictions, BrokenLinesAreRefusedWithTheirPlace) {
  EXPECT_EQ(refusal("{\"question_id\":1,\"prediction\":\"a\"} x\n"),
            "p.jsonl:1:36: not JSON; a value, comma or closing bracket is missing or wrong here");
  EXPECT_EQ(refusal("{\"question_id\":1,\"text\":\"a\"}\n"), "p.jsonl:1:1: no key 'prediction'");
  EXPECT_EQ(refusal("{\"prediction\":\"a\"}\n"), "p.jsonl:1:1: no key 'question_id', or it is empty");
  EXPECT_EQ(refusal("{\"question_id\":1.5,\"prediction\":\"a\"}\n"),
            "p.jsonl:1:16: 'question_id' is neither a string nor a whole number");
  EXPECT_EQ(refusal("{\"question_id\":1,\"prediction\":\"\\ud800\"}\n"),
            "p.jsonl:1:31: 'prediction' is not a valid string");
}

}  // namespace
}  // namespace imp::eval
