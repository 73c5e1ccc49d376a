// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/io/file.h"
#include "tests/eval/program.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

const std::string kScore = "score --benchmark textvqa --annotations " IMP_TEST_DATA
                           "/benchmarks/textvqa/TextVQA_0.5.1_val.json --predictions ";

const std::string kThree =
    "{\"question_id\":34602,\"prediction\":\"Dakota digital\"}\n"
    "{\"question_id\":34603,\"prediction\":\"copenhagen.\"}\n"
    "{\"question_id\":34604,\"prediction\":\"stone\"}\n";
const std::string kFour = kThree + "{\"question_id\":34605,\"prediction\":\"ten\"}\n";

TEST(ScoreProgram, PrintsTheScoreAsAnObject) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "p.jsonl", kFour);
  const test::Outcome outcome = test::imp_eval(kScore + (folder / "p.jsonl").string() + " --json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto result = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(result["metric"], "vqa_accuracy");
  EXPECT_EQ(result["n"], 4);
  EXPECT_EQ(result["images"], 3);
  // lmms-eval 0.7.3: 0.9, 1.0, 0.3 and 1.0.
  EXPECT_NEAR(result["value"].get<double>(), 3.2 / 4, 1e-9);
}

TEST(ScoreProgram, IncompleteFileIsRefusedUnlessPartial) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "p.jsonl").string();
  write_file_atomically(path, kThree);
  const test::Outcome refused = test::imp_eval(kScore + path);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(
      refused.err,
      path + ": questions without an answer: 1 (34605); answer every question once, or pass --partial\n");
  const test::Outcome partial = test::imp_eval(kScore + path + " --partial --json");
  EXPECT_EQ(partial.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(partial.out)["missing"], 1);
  EXPECT_EQ(read_file(path), kThree) << "nothing is overwritten";
}

TEST(ScoreProgram, AnswersOfLlavaAndOfSubmissionsScoreAsOurs) {
  const test::TemporaryFolder folder;
  std::string ours, llava, list;
  for (const auto& [id, text] : {std::pair{34602, "Dakota digital"}, std::pair{34603, "copenhagen."},
                                 std::pair{34604, "stone"}, std::pair{34605, "ten"}}) {
    const std::string start = "{\"question_id\":" + std::to_string(id);
    const std::string said(text);
    ours += start + ",\"prediction\":\"" + said + "\"}\n";
    llava += start + ",\"prompt\":\"q\",\"text\":\"" + said +
             "\",\"answer_id\":\"a\",\"model_id\":\"m\",\"metadata\":{}}\n";
    list += (list.empty() ? "[" : ",") + start + ",\"answer\":\"" + said + "\"}";
  }
  write_file_atomically(folder / "ours", ours);
  write_file_atomically(folder / "llava", llava);
  write_file_atomically(folder / "list", list + "]");
  for (const char* name : {"ours", "llava", "list"}) {
    const test::Outcome outcome = test::imp_eval(kScore + (folder / name).string());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out.substr(0, outcome.out.find('(')), "textvqa vqa_accuracy: 80.0 % ") << name;
  }
}

TEST(ScoreProgram, OcrbenchWhoseIdsCountWithinADataSetScoresEveryQuestion) {
  const test::TemporaryFolder folder;
  const auto item = [](const std::string& set, int id, const std::string& answers) {
    return "{\"dataset_name\":\"" + set + "\",\"id\":" + std::to_string(id) + ",\"image_path\":\"" + set +
           "/1.jpg\",\"question\":\"q?\",\"answers\":" + answers + ",\"type\":\"Regular Text Recognition\"}";
  };
  write_file_atomically(folder / "a.json", "[" + item("IIIT5K", 5, "\"HARBOUR\"") + "," +
                                               item("svt", 9, "\"tower\"") + "," +
                                               item("IC13_857", 5, "[\"ausgang\",\"exit\"]") + "," +
                                               item("HME100k", 9, "\"x ^ { 2 }\"") + "]");
  const std::string answers[] = {"It says Harbour.", "tree", "EXIT", "x ^ { 2 }"};
  std::string by_place;
  for (int i = 0; i < 4; ++i)
    by_place += "{\"question_id\":" + std::to_string(i) + ",\"prediction\":\"" + answers[i] + "\"}\n";
  write_file_atomically(folder / "p.jsonl", by_place);
  const test::Outcome outcome =
      test::imp_eval("score --json --benchmark ocrbench --annotations " + (folder / "a.json").string() +
                     " --predictions " + (folder / "p.jsonl").string());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto result = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(result["n"], 4);
  EXPECT_EQ(result["further"]["points"], 3.0);
}

TEST(ScoreProgram, MistakesOnTheCommandLineExitWithTwo) {
  EXPECT_EQ(test::imp_eval("score --benchmark textvqa").exit_code, 2);
  EXPECT_EQ(test::imp_eval("").exit_code, 2);
  EXPECT_EQ(test::imp_eval("nonsense").exit_code, 2);
  EXPECT_EQ(test::imp_eval(kScore + "/nonexistent.jsonl").exit_code, 2);
  EXPECT_EQ(test::imp_eval("--help").exit_code, 0);
}

}  // namespace
}  // namespace imp::eval
