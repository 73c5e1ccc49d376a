// SPDX-License-Identifier: Apache-2.0
// What `imp-eval score` says to bad input: one clear line, exit code 2, nothing printed, nothing overwritten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/io/file.h"
#include "tests/eval/program.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

constexpr const char* kAnnotations = IMP_TEST_DATA "/benchmarks/textvqa/TextVQA_0.5.1_val.json";

struct BadInput {
  const char* name;
  std::string last_lines;  ///< after answers to the first three of the four questions
  std::string message;     ///< what follows the file's name on standard error
  bool partial_takes_it;   ///< whether --partial scores it
};

void PrintTo(const BadInput& input, std::ostream* out) {
  *out << input.name;
}

std::string answer(int id, const std::string& text) {
  return "{\"question_id\":" + std::to_string(id) + ",\"prediction\":\"" + text + "\"}\n";
}

class BadPredictions : public testing::TestWithParam<BadInput> {};

TEST_P(BadPredictions, AreRefusedWithOneLine) {
  const BadInput& input = GetParam();
  const test::TemporaryFolder folder;
  const std::string path = (folder / "p.jsonl").string();
  const std::string content =
      answer(34602, "dakota") + answer(34603, "copenhagen") + answer(34604, "stone") + input.last_lines;
  write_file_atomically(path, content);
  const std::string line =
      std::string("score --benchmark textvqa --annotations ") + kAnnotations + " --predictions " + path;
  const test::Outcome refused = test::imp_eval(line);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, testing::StartsWith(path + ":"));
  EXPECT_THAT(refused.err, testing::HasSubstr(input.message));
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1);
  EXPECT_LT(refused.err.size(), 300U);
  const test::Outcome partial = test::imp_eval(line + " --partial");
  EXPECT_EQ(partial.exit_code, input.partial_takes_it ? 0 : 2) << partial.err;
  EXPECT_THAT(partial.err, testing::HasSubstr(input.message.substr(0, input.message.find(';'))));
  EXPECT_EQ(read_file(path), content);
}

INSTANTIATE_TEST_SUITE_P(
    Score, BadPredictions,
    testing::Values(
        BadInput{"Missing", "", ": questions without an answer: 1 (34605); answer every question once", true},
        BadInput{"Duplicate", answer(34605, "ten") + answer(34605, "9") + answer(34602, "x"),
                 ": repeated answers: 2 (34605, 34602); answer every question once", true},
        BadInput{"Unknown", answer(34605, "ten") + answer(1, "9"),
                 ": answers to unknown questions: 1 (1); answer every question once", true},
        BadInput{"Empty", answer(34605, ""),
                 ": empty answers without answer_tokens: 1 (34605); answer every question once", true},
        BadInput{"Megabyte", answer(34605, std::string(1'000'000, 'a')),
                 ":4:35: an answer of 1000000 bytes; at most 65536 are accepted", false},
        BadInput{"InvalidUtf8", answer(34605, "\xC3("),
                 ":4:36: a byte that is not UTF-8; write the file as UTF-8", false},
        BadInput{"NanScore", "{\"question_id\":34605,\"prediction\":\"a\",\"score\":NaN}\n",
                 ":4:47: 'score' is not a finite number; a number in [0, 1] or null is needed", false},
        BadInput{"NotJson", "{\"question_id\":34605,\"prediction\":\n",
                 "not JSON; a value, comma or closing bracket is missing or wrong here", false}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(BadAnnotations, OfAnotherVersionAreRefused) {
  const test::TemporaryFolder folder;
  std::string content = read_file(kAnnotations);
  const std::size_t at = content.find("0.5.1");
  ASSERT_NE(at, std::string::npos);
  content.replace(at, 5, "0.5");
  write_file_atomically(folder / "a.json", content);
  write_file_atomically(folder / "p.jsonl", answer(34602, "dakota"));
  const test::Outcome outcome =
      test::imp_eval("score --partial --benchmark textvqa --annotations " + (folder / "a.json").string() +
                     " --predictions " + (folder / "p.jsonl").string());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, testing::EndsWith(": TextVQA version 0.5; version 0.5.1 is needed\n"));
}

TEST(BadAnnotations, OfAnotherSplitAreRefused) {
  const test::TemporaryFolder folder;
  write_file_atomically(
      folder / "v2_OpenEnded_mscoco_val2014_questions.json",
      R"({"data_subtype":"val2014","questions":[{"image_id":1,"question":"a?","question_id":10}]})");
  write_file_atomically(
      folder / "v2_mscoco_val2014_annotations.json",
      R"({"annotations":[{"question_id":11,"answers":[{"answer":"a"}],"answer_type":"other"}]})");
  write_file_atomically(folder / "p.jsonl", answer(10, "a"));
  const test::Outcome outcome =
      test::imp_eval("score --benchmark vqav2 --annotations " +
                     (folder / "v2_OpenEnded_mscoco_val2014_questions.json").string() + " --predictions " +
                     (folder / "p.jsonl").string());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err,
              testing::EndsWith(": no annotation for question 10; the two files must be of one split\n"));
}

TEST(EmptyAnswers, OfTheModelCountAndAreListed) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "p.jsonl").string();
  write_file_atomically(path, answer(34602, "Dakota digital") + answer(34603, "copenhagen.") +
                                  answer(34604, "stone") +
                                  "{\"question_id\":34605,\"prediction\":\"\",\"answer_tokens\":1}\n");
  const test::Outcome outcome = test::imp_eval(std::string("score --benchmark textvqa --annotations ") +
                                               kAnnotations + " --predictions " + path);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err,
            path + ": empty answers: 1 (34605); the score is the mean over 4 answered questions\n");
  EXPECT_THAT(outcome.out, testing::StartsWith("textvqa vqa_accuracy: 55.0 %"));  // (0.9 + 1.0 + 0.3 + 0) / 4
}

}  // namespace
}  // namespace imp::eval
