// SPDX-License-Identifier: Apache-2.0
// Files longer than a piece, whose records lie across the pieces' ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/json_records.h"
#include "eval/text/tsv.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/eval/refusal.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

using test::refusal;

constexpr int kMany = 30'000;

/// A text of n bytes with all that JSON escapes and that brackets could be taken for.
std::string awkward(std::size_t n) {
  constexpr std::string_view kPart = "}]{[,: \\\"\\\\ \\n caf\xC3\xA9 \\u00e9 \\\\\\\" ";
  std::string text;
  while (text.size() < n) text += kPart;
  return text;
}

std::string vqav2_question(int number, const std::string& words) {
  return R"({"image_id":)" + std::to_string(number / 3) + R"(,"question":")" + words + R"(","question_id":)" +
         std::to_string(number) + "}";
}

std::string vqav2_file(const std::string& list) {
  return R"({"info":{"a":[")" + awkward(700'000) + R"("]},)" + "\n\"questions\":[" + list +
         "],\n\"data_subtype\":\"val2014\"}\n";
}

TEST(JsonStream, EveryRecordOfALongFileIsRead) {
  std::string list;
  for (int i = 0; i < kMany; ++i)
    list +=
        (i == 0 ? "" : ",\n") + vqav2_question(i, i % 1000 == 0 ? awkward(300'000 / (i + 1) + 100) : "what?");
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.json", vqav2_file(list));
  const Benchmark benchmark = load_benchmark("vqav2", folder / "a.json", "images");
  ASSERT_EQ(benchmark.questions.size(), static_cast<std::size_t>(kMany));
  for (int i = 0; i < kMany; ++i)
    ASSERT_EQ(benchmark.questions[static_cast<std::size_t>(i)].question_id.text, std::to_string(i));
  EXPECT_THAT(benchmark.questions[0].question,
              testing::HasSubstr("caf\xC3\xA9 \xC3\xA9 \\\" }]{[,: \"\\ \n "));
  EXPECT_GE(benchmark.questions[0].question.size(), 150'000U);
  EXPECT_EQ(benchmark.questions[3].image_path, "images/COCO_val2014_000000000001.jpg")
      << "known at the end only";
}

TEST(JsonStream, MistakesFarIntoAFileHaveTheirPlace) {
  std::string list;
  for (int i = 0; i < kMany; ++i) list += vqav2_question(i, "what?") + ",\n";
  const std::string line = std::to_string(kMany + 2);
  EXPECT_EQ(refusal("vqav2", vqav2_file(list + R"( {"image_id":1.5})")),
            "a.json:" + line + ":14: 'image_id' is neither a string nor a whole number");
  EXPECT_EQ(refusal("vqav2", vqav2_file(list + R"( {"image_id":1})")),
            "a.json:" + line + ":2: no key 'question_id', or it is empty");
  EXPECT_EQ(refusal("vqav2", vqav2_file(list + " {\"image_id\":\"\xFF\"}")),
            "a.json:" + line + ":15: a byte that is not UTF-8; write the file as UTF-8");
  EXPECT_EQ(refusal("vqav2", vqav2_file(list + R"( {"image_id" 1})")),
            "a.json:" + line + ":14: not JSON; a value, comma or closing bracket is missing or wrong here");
  EXPECT_EQ(refusal("vqav2", vqav2_file(list + " 1 2")),
            "a.json:" + line +
                ":2: JSON of another shape; an object, or a list where the format has one, is needed");
  EXPECT_EQ(refusal("vqav2", vqav2_file(list + vqav2_question(-1, "a") + " " + vqav2_question(-2, "a"))),
            "a.json:" + line + ":48: not JSON; a value, comma or closing bracket is missing or wrong here");
  EXPECT_EQ(refusal("vqav2", vqav2_file(list + vqav2_question(-1, "a")) + "x"),
            "a.json:" + std::to_string(kMany + 4) +
                ":1: not JSON; a value, comma or closing bracket is missing or wrong here");
}

TEST(JsonStream, AQuoteThatIsMissingIsFoundOnItsLine) {
  std::string list;
  for (int i = 0; i < kMany; ++i) list += vqav2_question(i, i == 5 ? "what?\\" : "what?") + ",\n";
  EXPECT_THAT(refusal("vqav2", vqav2_file(list + vqav2_question(-1, "a"))), testing::StartsWith("a.json:7:"));
}

TEST(JsonStream, EmptyAndTruncatedFilesAreRefused) {
  EXPECT_EQ(refusal("gqa", ""),
            "a.json:1:1: not JSON; a value, comma or closing bracket is missing or wrong here");
  EXPECT_EQ(refusal("gqa", "nothing"),
            "a.json:1:1: JSON of another shape; an object, or a list where the format has one, is needed");
  EXPECT_EQ(refusal("gqa", "{}"), "a.json: no questions; at least one is needed");
  for (const char* text :
       {"{", "{\"1\"", "{\"1\":", "{\"1\":{", "{\"1\":{}", "{\"1\":\"", "[", "{\"1\":{\"imageId\":\"a"})
    EXPECT_THAT(refusal("gqa", text), testing::StartsWith("a.json:1:")) << text;
}

TEST(JsonStream, AByteOrderMarkIsPassedOver) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.json", "\xEF\xBB\xBF{\"1\":{\"imageId\":\"p\",\"question\":\"a?\"}}");
  EXPECT_EQ(load_benchmark("gqa", folder / "a.json", {}).questions.size(), 1U);
}

TEST(TsvReader, RowsAcrossPiecesAreRead) {
  const test::TemporaryFolder folder;
  std::string table = "index\ttext\timage\n";
  for (int i = 0; i < 40; ++i)
    table += std::to_string(i) + "\t\"a \"\"word\"\"\n\t" +
             std::string(static_cast<std::size_t>(i) * 997, 'x') + "\"\t" + std::string(60'000, 'A') +
             (i % 2 == 0 ? "\r\n" : "\n");
  write_file_atomically(folder / "a.tsv", table);
  TsvReader reader(folder / "a.tsv");
  for (std::size_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader["index"], std::to_string(i));
    EXPECT_EQ(reader["text"], "a \"word\"\n\t" + std::string(i * 997, 'x'));
    EXPECT_EQ(reader["image"].size(), 60'000U);
  }
  EXPECT_FALSE(reader.next());
}

TEST(TsvReader, ARowThatIsNotUtf8IsRefusedWithItsLine) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.tsv", "index\ttext\n1\ta\n2\t\xFF\n");
  TsvReader reader(folder / "a.tsv");
  ASSERT_TRUE(reader.next());
  try {
    (void)reader.next();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              (folder / "a.tsv").string() + ":3: a byte that is not UTF-8; write the file as UTF-8");
  }
}

}  // namespace
}  // namespace imp::eval
