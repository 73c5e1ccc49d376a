// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/eval/refusal.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

using test::refusal;

const std::filesystem::path kTextvqa = IMP_TEST_DATA "/benchmarks/textvqa/TextVQA_0.5.1_val.json";

std::string item(const std::string& id, std::size_t answers) {
  std::string list;
  for (std::size_t i = 0; i < answers; ++i) list += std::string(i == 0 ? "" : ",") + "\"stop\"";
  return R"({"question_id":)" + id + R"(,"image_id":"p","question":"what?","answers":[)" + list + "]}";
}

TEST(Textvqa, OfficialFileGivesQuestionsAnswersAndPictures) {
  const Benchmark benchmark = load_benchmark("textvqa", kTextvqa, "train_images");
  ASSERT_EQ(benchmark.questions.size(), 4U);
  const Question& question = benchmark.questions[1];
  EXPECT_EQ(question.question_id.text, "34603");
  EXPECT_TRUE(question.question_id.is_number);
  EXPECT_EQ(question.image_id.text, "0054c91397f2fe05");
  EXPECT_EQ(question.image_path, "train_images/0054c91397f2fe05.jpg");
  EXPECT_EQ(question.question, "what does the small white text spell?");
  ASSERT_EQ(question.answers.size(), 10U);
  EXPECT_EQ(question.answers[8], "thursday");
  EXPECT_EQ(prompt(benchmark, question),
            "what does the small white text spell?\nAnswer the question using a single word or phrase.");
}

TEST(Textvqa, OcrTokensStandInThePromptAsInLlavas) {
  const test::TemporaryFolder folder;
  std::string with_tokens = item("2", 10);
  with_tokens.insert(with_tokens.size() - 1, R"(,"ocr_tokens":["STOP","ALL"])");
  write_file_atomically(folder / "a.json", "{\"data\":[" + item("1", 10) + "," + with_tokens + "]}");
  const Benchmark benchmark = load_benchmark("textvqa", folder / "a.json", {});
  EXPECT_TRUE(benchmark.questions[0].ocr_tokens.empty());
  EXPECT_EQ(prompt_with_ocr_tokens(benchmark, benchmark.questions[1]),
            "what?\nReference OCR token: STOP, ALL\nAnswer the question using a single word or phrase.");
  EXPECT_EQ(prompt_with_ocr_tokens(benchmark, benchmark.questions[0]),
            "what?\nReference OCR token: \nAnswer the question using a single word or phrase.");
}

TEST(Textvqa, AnotherVersionIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("textvqa", R"({"dataset_version":"0.5","data":[]})"),
            "a.json:1:20: TextVQA version 0.5; version 0.5.1 is needed");
}

TEST(Textvqa, WrongNumberOfAnswersIsRefused) {
  EXPECT_EQ(refusal("textvqa", "{\"data\":[\n" + item("1", 10) + ",\n" + item("2", 0) + "]}"),
            "a.json:3:62: 0 answers; TextVQA has exactly 10 a question");
}

TEST(Textvqa, RepeatedQuestionIdIsRefused) {
  EXPECT_EQ(refusal("textvqa", "{\"data\":[" + item("1", 10) + "," + item("\"1\"", 10) + "]}"),
            "a.json: question id 1 occurs twice; ids must be unique");
}

TEST(Textvqa, TruncatedFileIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("textvqa", "{\"data\":[\n" + item("1", 10)),
            "a.json:2:134: not JSON; a value, comma or closing bracket is missing or wrong here");
}

TEST(Textvqa, FileOfAnotherShapeIsRefused) {
  EXPECT_THAT(refusal("textvqa", "[1]"), testing::HasSubstr("a.json:1:1: JSON of another shape"));
  EXPECT_EQ(refusal("textvqa", "{}"), "a.json:1:1: no key 'data', or it is empty");
  EXPECT_EQ(refusal("textvqa", R"({"data":[{"question_id":1,"image_id":"p"}]})"),
            "a.json:1:10: no key 'question', or it is empty");
}

TEST(Scenetext, IsTextvqasLayoutWithAFamily) {
  const test::TemporaryFolder folder;
  std::string text = item("\"s1\"", 10);
  text.insert(text.size() - 1, R"(,"family":"price")");
  write_file_atomically(folder / "a.json", R"({"dataset_version":"1","data":[)" + text + "]}");
  const Benchmark benchmark = load_benchmark("scenetext", folder / "a.json", "images");
  EXPECT_EQ(benchmark.questions.at(0).family, "price");
  EXPECT_FALSE(benchmark.questions.at(0).question_id.is_number);
  EXPECT_EQ(benchmark.questions.at(0).image_path, "images/p.jpg");
  EXPECT_EQ(prompt(benchmark, benchmark.questions.at(0)), "what?");
}

TEST(Photographs, AreReadAsScenetextIsAndAskedWithoutASuffix) {
  const Benchmark benchmark =
      load_benchmark("photographs", IMP_SOURCE "/sweeps/photographs/questions.json", "pictures");
  EXPECT_EQ(benchmark.questions.size(), 120U);
  const Question& first = benchmark.questions.at(0);
  EXPECT_EQ(first.family, "text");
  EXPECT_EQ(first.image_path, "pictures/examples/text/scenetext01.jpg");
  EXPECT_EQ(first.ocr_tokens.at(0), "NOTICE");
  EXPECT_EQ(prompt(benchmark, first), first.question);
}

TEST(Benchmarks, UnknownNameListsTheKnownOnes) {
  EXPECT_THAT(refusal("textvq", "{}"),
              testing::AllOf(testing::StartsWith("benchmark 'textvq' is unknown; one of: "),
                             testing::HasSubstr("textvqa")));
}

TEST(Benchmarks, AbsentPicturesAreNamedBeforeAnyWork) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "003a8ae2ef43b901.jpg", "");
  const Benchmark benchmark = load_benchmark("textvqa", kTextvqa, folder / "");
  try {
    require_images(benchmark);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("textvqa: 2 of 3 pictures are absent ("));
    EXPECT_THAT(error.what(), testing::HasSubstr("0054c91397f2fe05.jpg"));
  }
}

}  // namespace
}  // namespace imp::eval
