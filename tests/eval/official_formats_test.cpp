// SPDX-License-Identifier: Apache-2.0
// Each miniature in tests/data/benchmarks has the layout of the official distribution.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "eval/predictions/score.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

const std::filesystem::path kData = IMP_TEST_DATA "/benchmarks";

/// Scores the answers, given in the order of the benchmark's questions.
ScoreReport score(const Benchmark& benchmark, const std::vector<std::string>& answers) {
  EXPECT_EQ(benchmark.questions.size(), answers.size());
  std::vector<Prediction> predictions;
  for (std::size_t i = 0; i < answers.size(); ++i)
    predictions.push_back({benchmark.questions.at(i).question_id, {}, answers[i], std::nullopt, "", {}, {}});
  return score_predictions(benchmark, predictions);
}

std::map<std::string, double> further(const ScoreReport& report) {
  std::map<std::string, double> values;
  for (const NamedValue& value : report.further) values[value.name] = value.value;
  return values;
}

std::string refusal(const std::string& name, const std::filesystem::path& annotations) {
  try {
    (void)load_benchmark(name, annotations, {});
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(OfficialFormats, Vqav2JoinsQuestionsAndAnnotations) {
  const Benchmark benchmark =
      load_benchmark("vqav2", kData / "vqav2/v2_OpenEnded_mscoco_val2014_questions.json", "val2014");
  const Question& question = benchmark.questions.at(2);
  EXPECT_EQ(question.question_id.text, "393225000");
  EXPECT_EQ(question.image_path, "val2014/COCO_val2014_000000393225.jpg");
  EXPECT_EQ(question.family, "yes/no");
  EXPECT_EQ(question.answers.size(), 10U);
  EXPECT_NEAR(score(benchmark, {"down", "Spectating", "no"}).mean, (1.0 + 0.3 + 0.9) / 3, 1e-12);
}

TEST(OfficialFormats, Vqav2WithoutAnnotationsIsATestSplit) {
  const test::TemporaryFolder folder;
  const auto path = folder / "v2_OpenEnded_mscoco_test-dev2015_questions.json";
  write_file_atomically(
      path,
      R"({"data_subtype":"test-dev2015","questions":[{"image_id":1,"question":"a?","question_id":10}]})");
  const Benchmark benchmark = load_benchmark("vqav2", path, "test2015");
  EXPECT_EQ(benchmark.questions.at(0).image_path, "test2015/COCO_test2015_000000000001.jpg");
  EXPECT_THROW((void)score(benchmark, {"a"}), Error);
}

TEST(OfficialFormats, VizwizHasOneQuestionAPicture) {
  const Benchmark benchmark = load_benchmark("vizwiz", kData / "vizwiz/val.json", "val");
  EXPECT_EQ(benchmark.questions.at(0).question_id.text, "VizWiz_val_00000000.jpg");
  EXPECT_EQ(benchmark.questions.at(1).image_path, "val/VizWiz_val_00000028.jpg");
  EXPECT_EQ(benchmark.questions.at(1).family, "other");
  EXPECT_EQ(prompt(benchmark, benchmark.questions.at(1)),
            "What is this?\nWhen the provided information is insufficient, respond with 'Unanswerable'.\n"
            "Answer the question using a single word or phrase.");
  const ScoreReport report = score(benchmark, {"Unanswerable", "bud light"});
  EXPECT_NEAR(report.scores[0].value(), 1.0, 1e-9);
  EXPECT_NEAR(report.scores[1].value(), 0.6, 1e-9);  // two of ten: (2 * 1/3 + 8 * 2/3) / 10
  EXPECT_NEAR(further(report)["lmms_eval_accuracy"], 0.8, 1e-9);
}

TEST(OfficialFormats, StvqaNamesPicturesByTheirDataSet) {
  const Benchmark benchmark = load_benchmark("stvqa", kData / "stvqa/train_task_3.json", "images");
  ASSERT_EQ(benchmark.questions.size(), 3U);
  EXPECT_EQ(benchmark.questions[1].question_id.text, "2");
  EXPECT_EQ(benchmark.questions[1].image_path, "images/coco-text/COCO_train2014_000000209664.jpg");
  EXPECT_EQ(benchmark.questions[2].image_path, "images/VizWiz/VizWiz_000000006520.jpg") << "no file_path";
  EXPECT_EQ(benchmark.questions[2].family, "VizWiz");
  EXPECT_EQ(prompt(benchmark, benchmark.questions[1]),
            "What does the sign say?\nAnswer the question using a single word or phrase.");
  const ScoreReport report = score(benchmark, {"45th parallel drive", "Stop.", "air france"});
  EXPECT_EQ(report.metric, "anls");
  // The forms disagree on "air france": the answers are "Air  France", 11 long, and "airfrance".
  EXPECT_NEAR(report.mean, (16.0 / 19 + 4.0 / 5 + 1.0) / 3, 1e-12);
  EXPECT_NEAR(further(report)["m4c_anls"], (16.0 / 19 + 4.0 / 5 + 10.0 / 11) / 3, 1e-12);
  EXPECT_NEAR(further(report)["m4c_accuracy"], 2.0 / 3, 1e-12);
}

TEST(OfficialFormats, StvqasTestFileIsAskedNotScored) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "test_task_3.json",
                        R"({"data":[{"question_id":5,"file_path":"test/1.jpg","question":"a?"}]})");
  const Benchmark benchmark = load_benchmark("stvqa", folder / "test_task_3.json", "images");
  EXPECT_EQ(benchmark.questions.at(0).image_path, "images/test/1.jpg");
  EXPECT_THROW((void)score(benchmark, {"a"}), Error);
}

TEST(OfficialFormats, Gqa) {
  const Benchmark benchmark = load_benchmark("gqa", kData / "gqa/testdev_balanced_questions.json", "images");
  EXPECT_EQ(benchmark.questions.at(1).question_id.text, "201640614");
  EXPECT_EQ(benchmark.questions.at(1).image_path, "images/n235859.jpg");
  EXPECT_EQ(benchmark.questions.at(1).family, "query");
  EXPECT_NEAR(score(benchmark, {"No.", "a woman", "Large"}).mean, 2.0 / 3, 1e-12);
}

TEST(OfficialFormats, PopesThreeFilesShareIdsAndAreToldApart) {
  const Benchmark benchmark = load_benchmark("pope", kData / "pope", "val2014");
  ASSERT_EQ(benchmark.questions.size(), 9U);
  EXPECT_EQ(benchmark.questions[0].question_id.text, "random/1");
  EXPECT_EQ(benchmark.questions[8].family, "adversarial");
  EXPECT_EQ(benchmark.questions[0].image_path, "val2014/COCO_val2014_000000310196.jpg");
  const ScoreReport report =
      score(benchmark, {"Yes", "No", "yes", "Yes", "Yes", "No", "Yes, it is", "no", "no"});
  EXPECT_NEAR(report.mean, 6.0 / 9, 1e-12);
  auto values = further(report);
  EXPECT_NEAR(values["f1"], (1.0 + 0.5 + 2.0 / 3) / 3, 1e-12);
  EXPECT_NEAR(values["yes_ratio"], 5.0 / 9, 1e-12);
  EXPECT_NEAR(values["lmms_eval_yes_ratio"], 6.0 / 9, 1e-12);
  EXPECT_NEAR(values["lmms_eval_accuracy"], 5.0 / 9, 1e-12) << "'yes, it is' is no yes there";
}

TEST(OfficialFormats, PopesSingleFileKeepsItsIds) {
  const Benchmark benchmark = load_benchmark("pope", kData / "pope/coco_pope_popular.json", {});
  EXPECT_EQ(benchmark.questions.at(2).question_id.text, "3");
  EXPECT_EQ(benchmark.questions.at(2).family, "popular");
}

TEST(OfficialFormats, MmeReadsBothLayoutsOfACategory) {
  const Benchmark benchmark = load_benchmark("mme", kData / "mme", kData / "mme");
  ASSERT_EQ(benchmark.questions.size(), 8U);
  EXPECT_EQ(benchmark.questions[0].question_id.text, "OCR/0001.jpg/1");
  EXPECT_EQ(benchmark.questions[4].image_id.text, "celebrity/tt0032138_shot_0395_img_0.png");
  EXPECT_NO_THROW(require_images(benchmark));
  const ScoreReport report = score(benchmark, {"Yes", "No", "Yes", "Yes.", "no", "no", "Y", "n"});
  auto values = further(report);
  EXPECT_DOUBLE_EQ(values["perception"], (200.0 + 50.0) / 2 + 50.0);
  EXPECT_DOUBLE_EQ(values["cognition"], 200.0);
  EXPECT_DOUBLE_EQ(report.mean, 6.0 / 8);
}

TEST(OfficialFormats, ScienceqaKeepsQuestionsOfTheTestSplitWithAPicture) {
  const Benchmark benchmark = load_benchmark("scienceqa", kData / "scienceqa/problems.json", "test");
  ASSERT_EQ(benchmark.questions.size(), 2U);
  EXPECT_EQ(benchmark.questions[1].image_path, "test/5/image.png");
  EXPECT_EQ(
      prompt(benchmark, benchmark.questions[1]),
      "Context: Select the better answer.\nWhich property matches this object?\nA. scratchy\nB. smooth\n"
      "Answer with the option's letter from the given choices directly.");
  const ScoreReport report = score(benchmark, {"A", "b"});
  EXPECT_DOUBLE_EQ(report.mean, 0.5) << "LLaVA's parser wants a capital";
  EXPECT_DOUBLE_EQ(further(report)["lmms_eval_accuracy"], 1.0);
}

TEST(OfficialFormats, MmbenchCountsAQuestionOnlyIfAllRotationsAreRight) {
  const test::TemporaryFolder folder;
  const Benchmark benchmark = load_benchmark("mmbench", kData / "mmbench/mmbench_dev.tsv", folder / "images");
  ASSERT_EQ(benchmark.questions.size(), 4U);
  EXPECT_EQ(benchmark.questions[0].question,
            "The passage\nhas two lines.\nIdentify the \"question\" that Madelyn's experiment can best "
            "answer.\nA. wax\n"
            "B. no wax");
  EXPECT_EQ(benchmark.questions[1].question, "What is in the picture?\nA. cat\nB. dog\nC. bird\nD. fish");
  EXPECT_EQ(benchmark.questions[2].image_path, benchmark.questions[0].image_path);
  EXPECT_NO_THROW(require_images(benchmark));
  const ScoreReport report = score(benchmark, {"B", "The answer is (A).", "B. wax", "It is a cat"});
  EXPECT_DOUBLE_EQ(report.mean, 0.75);
  EXPECT_DOUBLE_EQ(further(report)["circular_accuracy"], 0.5);
}

TEST(OfficialFormats, MmbenchUnpacksThePicturesOfTheAskedQuestionsAlone) {
  const test::TemporaryFolder folder;
  Benchmark benchmark = load_benchmark("mmbench", kData / "mmbench/mmbench_dev.tsv", folder / "images");
  EXPECT_FALSE(std::filesystem::exists(folder / "images"));
  const std::vector<Question> all = benchmark.questions;
  benchmark.questions = {all[2]};  // a rotation, whose own row has no picture
  unpack_images(benchmark);
  EXPECT_EQ(read_file(folder / "images/241.jpg"), "\xFF\xD8 not a picture either");
  EXPECT_FALSE(std::filesystem::exists(folder / "images/252.jpg"));
  write_file_atomically(folder / "images/241.jpg", "the user's own");
  benchmark.questions = all;
  unpack_images(benchmark);
  EXPECT_EQ(read_file(folder / "images/241.jpg"), "the user's own");
  EXPECT_TRUE(std::filesystem::exists(folder / "images/252.jpg"));
}

TEST(OfficialFormats, DocvqaAndInfovqa) {
  const Benchmark docvqa = load_benchmark("docvqa", kData / "docvqa/val_v1.0_withQT.json", "spdocvqa");
  EXPECT_EQ(docvqa.questions.at(1).image_path, "spdocvqa/documents/nkbl0226_1.png");
  EXPECT_EQ(docvqa.questions.at(1).family, "form");
  EXPECT_NEAR(score(docvqa, {"0.29", "University of California"}).mean, (0.75 + 1.0) / 2, 1e-12);
  const Benchmark infovqa =
      load_benchmark("infovqa", kData / "infovqa/infographicsVQA_val_v1.0_withQT.json", "images");
  EXPECT_EQ(infovqa.questions.at(0).image_path, "images/37313.jpeg");
  EXPECT_DOUBLE_EQ(score(infovqa, {"Pinterest"}).mean, 1.0);
}

TEST(OfficialFormats, ChartqaReadsHumanAndAugmented) {
  const Benchmark benchmark = load_benchmark("chartqa", kData / "chartqa", "png");
  ASSERT_EQ(benchmark.questions.size(), 3U);
  EXPECT_EQ(benchmark.questions[1].question_id.text, "human/1");
  EXPECT_EQ(benchmark.questions[2].image_path, "png/two_col_20150.png");
  const ScoreReport report = score(benchmark, {"14", "60", "4.6%"});
  ASSERT_EQ(report.families.size(), 2U);
  EXPECT_DOUBLE_EQ(report.families[0].mean, 1.0);  // augmented
  EXPECT_DOUBLE_EQ(report.families[1].mean, 0.5);  // 60 is more than 5 % from 57.04
}

TEST(OfficialFormats, OcrbenchKnowsTheDataSetOfAQuestion) {
  const Benchmark benchmark = load_benchmark("ocrbench", kData / "ocrbench/OCRBench.json", "OCRBench_Images");
  EXPECT_EQ(benchmark.questions.at(0).image_path, "OCRBench_Images/IIIT5K/images/1.png");
  // Its ids are 2, 1, 2: as in the official file they count within a data set.
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(benchmark.questions.at(i).question_id.text, std::to_string(i));
  const ScoreReport report = score(benchmark, {"It says Centre", "x^{2}+y", "total: $ 12.00"});
  EXPECT_DOUBLE_EQ(further(report)["points"], 2.0) << "formulas keep their case";
}

TEST(OfficialFormats, OcrbenchKeepsIdsThatDiffer) {
  const test::TemporaryFolder folder;
  const std::string item =
      R"("image_path":"a.png","question":"q?","answers":"a","type":"t","dataset_name":"s"})";
  write_file_atomically(folder / "a.json", "[{\"id\":9," + item + ",{\"id\":5," + item + "]");
  const Benchmark kept = load_benchmark("ocrbench", folder / "a.json", {});
  EXPECT_EQ(kept.questions.at(0).question_id.text, "9");
  write_file_atomically(folder / "b.json", "[{" + item + ",{" + item + "]");
  EXPECT_EQ(load_benchmark("ocrbench", folder / "b.json", {}).questions.at(1).question_id.text, "1")
      << "no ids";
}

TEST(OfficialFormats, PopesKindsInOneFileAreToldApartByCategoryOrByWhereIdsBeginAgain) {
  const test::TemporaryFolder folder;
  const auto line = [](int id, const std::string& more) {
    return "{\"question_id\":" + std::to_string(id) + R"(,"image":"a.jpg","text":"q?","label":"yes")" + more +
           "}\n";
  };
  const std::string random = R"(,"category":"random")", popular = R"(,"category":"popular")";
  write_file_atomically(folder / "a.json", line(1, random) + line(2, random) + line(1, popular));
  const Benchmark named = load_benchmark("pope", folder / "a.json", {});
  EXPECT_EQ(named.questions.at(2).question_id.text, "popular/1");
  write_file_atomically(folder / "b.json", line(1, "") + line(2, "") + line(1, "") + line(2, ""));
  const Benchmark counted = load_benchmark("pope", folder / "b.json", {});
  EXPECT_EQ(counted.questions.at(1).question_id.text, "1/2");
  EXPECT_EQ(counted.questions.at(3).question_id.text, "2/2");
  EXPECT_EQ(counted.questions.at(3).family, "2");
  write_file_atomically(folder / "c.json", line(1, "") + line(2, "") + line(2, ""));
  EXPECT_THAT(refusal("pope", folder / "c.json"), testing::HasSubstr("occurs twice"));
}

TEST(OfficialFormats, StvqasIdsThatComeAgainInAnotherDataSetAreToldApart) {
  const test::TemporaryFolder folder;
  const auto item = [](const std::string& id, const std::string& name) {
    return R"({"question_id":)" + id + R"(,"question":"q?","answers":["a"],"file_name":"1.jpg","dataset":")" +
           name + "\"}";
  };
  write_file_atomically(folder / "a.json",
                        "{\"data\":[" + item("1", "icdar") + "," + item("1", "VizWiz") + "]}");
  EXPECT_EQ(load_benchmark("stvqa", folder / "a.json", {}).questions.at(1).question_id.text, "VizWiz/1");
  write_file_atomically(folder / "b.json",
                        "{\"data\":[" + item("1", "icdar") + "," + item("1", "icdar") + "]}");
  EXPECT_THAT(refusal("stvqa", folder / "b.json"), testing::HasSubstr("icdar/1 occurs twice"));
}

TEST(OfficialFormats, WrongFilesAreRefusedWithTheirPlace) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.json";
  const auto message = [&](const std::string& name, const std::string& text) {
    write_file_atomically(path, text);
    const std::string found = refusal(name, path);
    return found.starts_with(path.string()) ? found.substr(path.string().size()) : found;
  };
  EXPECT_EQ(message("gqa", R"({"1":{"question":"a?"}})"), ":1:6: no key 'imageId', or it is empty");
  EXPECT_EQ(message("docvqa", R"({"data":[{"questionId":[]}]})"),
            ":1:24: 'questionId' is neither a string nor a whole number");
  EXPECT_EQ(message("docvqa", "{}"), ":1:1: no key 'data', or it is empty");
  EXPECT_EQ(message("pope", "{\"question_id\":1,\"image\":\"a\",\"text\":\"b\",\"label\":\"maybe\"}"),
            ":1:1: label 'maybe'; yes or no is needed");
  EXPECT_THAT(message("ocrbench", "{}"), testing::StartsWith(":1:1: JSON of another shape"));
  EXPECT_THAT(message("chartqa", "[{\"imgname\": }]"),
              testing::StartsWith(":1:14: 'imgname' is not a valid string"));
  EXPECT_EQ(message("mmbench", "index\tquestion\n"), ":1: no column 'A'");
  EXPECT_EQ(message("mmbench", "index\tquestion\tA\tB\n1\tq\n"), ":2: 2 fields; the header has 4");
  EXPECT_EQ(message("mmbench", "index\tquestion\tA\tB\n1\t\"q\ta\tb\n"), ":2: a quote is not closed");
  EXPECT_THAT(refusal("mme", folder / "absent"), testing::HasSubstr("cannot read folder"));
}

}  // namespace
}  // namespace imp::eval
