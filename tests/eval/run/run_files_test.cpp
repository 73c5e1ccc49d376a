// SPDX-License-Identifier: Apache-2.0
// The parts of imp-eval run that need no model.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "eval/run/answer_store.h"
#include "eval/run/benchmark_files.h"
#include "eval/run/lmms_eval_files.h"
#include "eval/run/prompts.h"
#include "eval/run/submission.h"
#include "eval/run/xlsx.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

const std::filesystem::path kData = IMP_TEST_DATA "/benchmarks";

Question question(const std::string& id) {
  return {{id, true}, {"7", true}, {}, "What is it?"};
}

TEST(BenchmarkFiles, OfficialNamesAreFound) {
  EXPECT_EQ(find_benchmark_files("textvqa", kData).annotations, kData / "textvqa/TextVQA_0.5.1_val.json");
  EXPECT_EQ(find_benchmark_files("pope", kData).annotations, kData / "pope");
  EXPECT_EQ(find_all_benchmarks(kData).size(), 13U);
  EXPECT_THROW((void)find_benchmark_files("vizwiz", kData / "pope"), Error);
  EXPECT_THROW((void)find_all_benchmarks(kData / "pope"), Error);
}

TEST(Prompts, AreLlavasUnlessOverridden) {
  const test::TemporaryFolder folder;
  Prompts prompts;
  EXPECT_EQ(prompts.words("textvqa", question("1")),
            "What is it?\nAnswer the question using a single word or phrase.");
  EXPECT_EQ(prompts.words("ocrbench", question("1")), "What is it?");
  write_file_atomically(folder / "ocr.json", R"({"data": [{"image_id": 7, "ocr_tokens": ["STOP", "ALL"]}]})");
  prompts.read_ocr_tokens(folder / "ocr.json");
  EXPECT_EQ(
      prompts.words("textvqa", question("1")),
      "What is it?\nReference OCR token: STOP, ALL\nAnswer the question using a single word or phrase.");
  EXPECT_EQ(prompts.words("gqa", question("1")),
            "What is it?\nAnswer the question using a single word or phrase.");
  write_file_atomically(folder / "p.yaml", "gqa: 'Q: {question}'\n");
  prompts.read_overrides(folder / "p.yaml");
  EXPECT_EQ(prompts.words("gqa", question("1")), "Q: What is it?");
}

TEST(Prompts, BadOverridesAreRefusedWithTheirPlace) {
  const test::TemporaryFolder folder;
  const auto message = [&](const std::string& content) -> std::string {
    write_file_atomically(folder / "p.yaml", content);
    try {
      Prompts().read_overrides(folder / "p.yaml");
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string at = (folder / "p.yaml").string();
  EXPECT_EQ(message("- a\n").rfind(at + ":1:1: not a map", 0), 0U);
  EXPECT_EQ(message("textvqq: '{question}'\n").rfind(at + ":1:1: benchmark 'textvqq' is unknown", 0), 0U);
  EXPECT_EQ(message("gqa: [1]\n").rfind(at + ":1:6: the prompt of 'gqa'", 0), 0U);
  EXPECT_EQ(message("gqa: '{question}'\ngqa: '{question}'\n").rfind(at + ":2:1: 'gqa' stands here twice", 0),
            0U);
  EXPECT_EQ(message("gqa: [\n").rfind(at + ":", 0), 0U);
  EXPECT_THROW(
      (void)[&] {
        write_file_atomically(folder / "p.yaml", "gqa: '{ocr_tokens} {question}'\n");
        Prompts prompts;
        prompts.read_overrides(folder / "p.yaml");
        return prompts.words("gqa", question("1"));
      }(),
      Error);
}

TEST(AnswerStore, KeepsAnswersAndRefusesOtherSettings) {
  const test::TemporaryFolder folder;
  const Benchmark benchmark{"gqa", {question("1"), question("2"), question("3")}};
  {
    AnswerStore store(AnswerFiles(folder / "out/predictions", benchmark.name), benchmark,
                      {{"dtype", "float32"}});
    store.add(2, {{"3", true}, {"7", true}, "three"});
    EXPECT_EQ(store.count(), 1U);
  }
  EXPECT_THROW(AnswerStore(AnswerFiles(folder / "out/predictions", benchmark.name), benchmark,
                           {{"dtype", "bfloat16"}}),
               Error);
  AnswerStore store(AnswerFiles(folder / "out/predictions", benchmark.name), benchmark,
                    {{"dtype", "float32"}});
  EXPECT_TRUE(store.has(2));
  EXPECT_FALSE(store.has(0));
  store.add(0, {{"1", true}, {"7", true}, "one\xff"});
  store.add(1, {{"2", true}, {"7", true}, ""});
  store.finish(store.predictions());
  const std::vector<Prediction> all = read_predictions(folder / "out/predictions/gqa.jsonl");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].text, "one\xEF\xBF\xBD");
  EXPECT_EQ(all[1].text, "");
  EXPECT_EQ(all[2].text, "three");
  EXPECT_FALSE(std::filesystem::exists(folder / "out/predictions/gqa.unfinished.jsonl"));
  EXPECT_EQ(
      AnswerStore(AnswerFiles(folder / "out/predictions", benchmark.name), benchmark, {{"dtype", "float32"}})
          .count(),
      3U);
}

TEST(Submission, EachServerGetsItsForm) {
  const test::TemporaryFolder folder;
  Benchmark benchmark{"docvqa", {question("5")}};
  const std::vector<Prediction> predictions{{{"5", true}, {"7", true}, "a \"b\""}};
  EXPECT_EQ(read_file(write_submission(folder / "s", benchmark, predictions).value()),
            "[{\"questionId\":5,\"answer\":\"a \\\"b\\\"\"}]\n");
  benchmark.name = "stvqa";
  EXPECT_EQ(read_file(write_submission(folder / "s", benchmark, predictions).value()),
            "[{\"question_id\":5,\"answer\":\"a \\\"b\\\"\"}]\n");
  benchmark.name = "vizwiz";
  benchmark.questions[0].image_id = {"VizWiz_test_0.jpg", false};
  EXPECT_EQ(read_file(write_submission(folder / "s", benchmark, predictions).value()),
            "[{\"image\":\"VizWiz_test_0.jpg\",\"answer\":\"a \\\"b\\\"\"}]\n");
  benchmark.name = "gqa";
  EXPECT_FALSE(write_submission(folder / "s", benchmark, predictions).has_value());
}

TEST(LmmsEvalFiles, NumbersUnderItsNamesAreInItsForm) {
  const test::TemporaryFolder folder;
  const Benchmark benchmark = load_benchmark("pope", kData / "pope", {});
  std::vector<Prediction> predictions;
  for (const Question& one : benchmark.questions)  // LLaVA's parser reads a yes, lmms-eval's neither
    predictions.push_back({one.question_id, one.image_id, "Yes, it is."});
  const ScoreReport report = score_predictions(benchmark, predictions);
  for (std::size_t i = 0; i < predictions.size(); ++i) predictions[i].score = report.scores[i];
  ASSERT_GT(report.mean, 0.0);
  const std::vector<FinishedBenchmark> finished{
      {&benchmark, predictions, &report, std::vector<std::string>(predictions.size(), "asked"), 9, 16}};
  write_lmms_eval_files(folder / "out", "model", "20260102_030405", finished);
  const auto results =
      nlohmann::json::parse(read_file(folder / "out/model/20260102_030405_results.json"))["results"]["pope"];
  EXPECT_EQ(results["pope_accuracy,none"], 0.0);
  EXPECT_EQ(results["pope_accuracy_stderr,none"], "N/A") << "ours is of the other form";
  EXPECT_EQ(results["pope_f1_score,none"], 0.0);
  EXPECT_GT(results["pope_yes_ratio,none"], 0.0) << "of the labels";
  std::istringstream samples(read_file(folder / "out/model/20260102_030405_samples_pope.jsonl"));
  std::size_t count = 0;
  for (std::string line; std::getline(samples, line); ++count) {
    const auto sample = nlohmann::json::parse(line);
    EXPECT_EQ(sample["pope_accuracy"], 0.0);
    EXPECT_EQ(sample["filtered_resps"][0], "Yes, it is.");
  }
  EXPECT_EQ(count, 9U);
}

TEST(Xlsx, IsAWorkbookThatPythonReads) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "t.xlsx", make_xlsx({{"index", "prediction"}, {"1", "<A> & \x01 ü"}}));
  write_file_atomically(folder / "read.py", R"(
import sys, zipfile, xml.etree.ElementTree as tree
book = zipfile.ZipFile(sys.argv[1])
assert book.testzip() is None
for name in book.namelist(): tree.fromstring(book.read(name))
cells = [node.text for node in tree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter() if node.tag.endswith("}t")]
assert cells == ["index", "prediction", "1", "<A> & \ufffd \u00fc"], cells
)");
  EXPECT_EQ(
      std::system(("python3 " + (folder / "read.py").string() + " " + (folder / "t.xlsx").string()).c_str()),
      0);
}

}  // namespace
}  // namespace imp::eval
