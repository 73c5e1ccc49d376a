// SPDX-License-Identifier: Apache-2.0
// imp-sweep and imp-report as a person or a script meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "models/io/file.h"
#include "results/results_database.h"
#include "tests/faults/tiny_sweep.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Two cells of two steps, run once a process, with the events it wrote.
struct FinishedSweep {
  TinySweep sweep{{{"connector_max_steps", "2"}, {"max_steps", "2"}}, "  grid: {lora_rank: [2, 4]}\n"};
  Finished finished = sweep.run({"--events", sweep.folder() / "events.ndjson"});
};
const FinishedSweep& finished_sweep() {
  static const FinishedSweep made;
  return made;
}

TEST(ImpSweep, PrintsTheTableAndNothingElseOnStdout) {
  const Finished& finished = finished_sweep().finished;
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, StartsWith("## tiny\n\n| lora_rank |"));
  EXPECT_THAT(finished.out, HasSubstr("scenetext"));
  EXPECT_THAT(finished.out, HasSubstr("blind"));
  // A header, its rule and two cells; the same and one effect.
  const std::vector<std::string> lines = lines_of(finished.out);
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) { return line.starts_with("|"); }),
            7);
  EXPECT_THAT(finished.out, HasSubstr("## tiny: effects\n\n| factor    | from → to |"));
  EXPECT_EQ(finished.out.find("[1/2"), std::string::npos);
}

TEST(ImpSweep, DrawsNoBarsOffATerminal) {
  const std::string& said = finished_sweep().finished.err;
  EXPECT_EQ(said.find_first_of("\r\033"), std::string::npos) << said;
  EXPECT_EQ(said.find("█"), std::string::npos);
  EXPECT_EQ(said.find("·"), std::string::npos);
  EXPECT_THAT(said, HasSubstr("[1/2 lora_rank=2,seed=1] finetune"));
  EXPECT_THAT(said, HasSubstr("lora_rank=4,seed=1: scenetext vqa_accuracy "));
}

TEST(ImpSweep, FinishedAndStartedAgainPrintsTheSameTableAtOnce) {
  const FinishedSweep& done = finished_sweep();
  const Finished again = done.sweep.run();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, done.finished.out);
  EXPECT_THAT(again.err, ::testing::MatchesRegex("the report with charts and answers: [^\n]*\\.html\n"));
  double fastest = again.seconds;  // of three: other programs may be in the way
  for (int run = 0; run < 2; ++run) fastest = std::min(fastest, done.sweep.run().seconds);
  EXPECT_LT(fastest, 3.0);
}

TEST(ImpSweep, EventsAreAJsonObjectALine) {
  (void)finished_sweep();
  std::map<std::string, int> count;
  for (const std::string& line : lines_of(read_file(finished_sweep().sweep.folder() / "events.ndjson"))) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(event.is_object()) << line;
    EXPECT_THAT(event.value("time", ""), MatchesRegex("20..-..-..T..:..:..Z"));
    ++count[event.value("event", "")];
  }
  EXPECT_EQ(count["stage_begin"],
            8);  // data, leaks, features and connector are shared; finetune and eval twice
  EXPECT_EQ(count["stage_end"], 8);
  EXPECT_EQ(count["score"], 8);  // with its picture, blind, another picture and its text alone; two cells
}

/// The lines of a trial's predictions by question.
std::map<int64_t, nlohmann::json> answers(const fs::path& trial, const std::string& name) {
  std::map<int64_t, nlohmann::json> found;
  for (const std::string& line : lines_of(read_file(trial / "predictions" / name))) {
    const auto answer = nlohmann::json::parse(line);
    found[answer.at("question_id").get<int64_t>()] = answer;
  }
  return found;
}

TEST(ImpSweep, ControlsAreAskedBesideTheAnswersAndChangeNone) {
  const TinySweep& all = finished_sweep().sweep;
  TinySweep blind({{"controls", "blind"}, {"connector_max_steps", "2"}, {"max_steps", "2"}},
                  "  list: [{lora_rank: 2}]\n", "blind");
  blind.use_runs(all.runs());
  ASSERT_EQ(blind.run().exit_code, 0);
  const char* trial = "lora_rank=2,seed=1";
  const fs::path of_all = all.sweep_folder() / trial, of_blind = blind.sweep_folder() / trial;
  for (const char* name : {"scenetext.jsonl", "scenetext.blind.jsonl"})
    EXPECT_EQ(read_file(of_blind / "predictions" / name), read_file(of_all / "predictions" / name)) << name;
  EXPECT_FALSE(fs::exists(of_blind / "predictions" / "scenetext.shuffled.jsonl"));

  const auto seen = answers(of_all, "scenetext.jsonl"), withheld = answers(of_all, "scenetext.blind.jsonl"),
             shuffled = answers(of_all, "scenetext.shuffled.jsonl"),
             text = answers(of_all, "scenetext.ocr.jsonl");
  for (const auto& [question, answer] : seen) {
    EXPECT_EQ(shuffled.at(question)["image_id"], answer["image_id"]);
    EXPECT_EQ(shuffled.at(question)["question_tokens"], answer["question_tokens"]);
    EXPECT_GT(text.at(question)["question_tokens"], withheld.at(question)["question_tokens"]);
  }
  EXPECT_EQ(shuffled.size(), seen.size());
  std::set<std::string> metrics;
  const nlohmann::json outcome = all.outcome(of_all);
  for (const auto& score : outcome.at("scores")) metrics.insert(score["metric"]);
  EXPECT_THAT(metrics, testing::IsSupersetOf({"vqa_accuracy", "vqa_accuracy_blind", "vqa_accuracy_shuffled",
                                              "vqa_accuracy_ocr"}));
}

TEST(ImpSweep, JsonIsTheTableForPrograms) {
  const Finished finished = finished_sweep().sweep.run({"--json"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_TRUE(nlohmann::json::accept(finished.out)) << finished.out;
}

TEST(ImpSweep, PlanSaysThatAllIsThereAndStatusSaysDone) {
  const TinySweep& sweep = finished_sweep().sweep;
  const Finished plan = run_program({"imp-sweep", "plan", sweep.file(), "--runs", sweep.runs(), "--json"});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_TRUE(nlohmann::json::accept(plan.out));
  EXPECT_EQ(plan.out.find("\"run\""), std::string::npos) << plan.out;
  const Finished status =
      run_program({"imp-sweep", "status", sweep.file(), "--runs", sweep.runs(), "--json"});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  for (const nlohmann::json& row : nlohmann::json::parse(status.out)) {
    EXPECT_EQ(row["status"], "done");
    EXPECT_EQ(row["stages_done"], row["stages"]);
  }
}

TEST(ImpSweep, OnlyRunsWhatTheConditionPicks) {
  const TinySweep sweep({{"connector_max_steps", "1"}, {"max_steps", "1"}}, "  grid: {lora_rank: [2, 4]}\n");
  sweep.take_pictures_of(finished_sweep().sweep);
  const Finished finished = sweep.run({"--only", "lora_rank == 4", "--set", "learning_rate=0.001"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  results::Database database = results::open_results(sweep.database(), results::Access::read);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_cells WHERE status = 'done' AND lora_rank = 4"), 1);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_cells WHERE status = 'planned' AND lora_rank = 2"), 1);
  EXPECT_EQ(run_program(sweep.command({"--only", "lora_rank == 5"})).exit_code, 2);
}

TEST(ImpSweep, PlansAThousandCellsAndWritesNothing) {
  const std::string ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
  const TinySweep sweep(
      {}, "  grid: {lora_rank: " + ten + ", epochs: " + ten + ", connector_seed: " + ten + "}\n");
  const Finished finished =
      run_program({"imp-sweep", "plan", sweep.file(), "--runs", sweep.runs(), "--json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(nlohmann::json::parse(finished.out)["trials"].size(), 1000u);
  EXPECT_THAT(finished.out, HasSubstr("lora_rank=10,epochs=10,connector_seed=10,seed=1"));
  EXPECT_FALSE(fs::exists(sweep.runs())) << "planning writes nothing";
}

TEST(Results, AnswerTheQuestionsOfReadersBySql) {
  ASSERT_EQ(finished_sweep().finished.exit_code, 0);
  results::Database database =
      results::open_results(finished_sweep().sweep.database(), results::Access::read);
  results::Statement cells(database,
                           "SELECT sweep, trial, status, seed, llm, encoder, finetune, lora_rank, epochs, "
                           "data, config_json FROM v_cells ORDER BY lora_rank");
  for (const int64_t rank : {2, 4}) {
    ASSERT_TRUE(cells.step());
    EXPECT_EQ(cells.text(0), "tiny");
    EXPECT_EQ(cells.text(1), "lora_rank=" + std::to_string(rank) + ",seed=1");
    EXPECT_EQ(cells.text(2), "done");
    EXPECT_EQ(cells.integer(3), 1);
    EXPECT_EQ(cells.text(4), "phi");
    EXPECT_EQ(cells.text(5), "siglip");
    EXPECT_EQ(cells.text(6), "lora");
    EXPECT_EQ(cells.integer(7), rank);
    EXPECT_TRUE(nlohmann::json::accept(cells.text(10)));
  }
  EXPECT_FALSE(cells.step());
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_scores WHERE metric = 'vqa_accuracy' AND n = 17"), 2);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_scores WHERE metric = 'vqa_accuracy_blind' AND n = 17"),
            2);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_wide"), 2);
  results::Statement wide(database, "SELECT * FROM v_wide");
  ASSERT_TRUE(wide.step());
  std::vector<std::string> names;
  for (int column = 0; column < wide.column_count(); ++column) names.push_back(wide.column_name(column));
  EXPECT_THAT(names, testing::Contains("scenetext"));
  EXPECT_THAT(names, testing::Contains("average"));
  // Every question of every cell, with its picture and under the three controls.
  EXPECT_EQ(database.integer("SELECT count(*) FROM answer"), 2 * 4 * 17);
  // What was asked, kept once, with its answers and a small picture.
  EXPECT_EQ(database.integer("SELECT count(*) FROM question"), 17);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_answers WHERE length(question) > 0 AND "
                             "json_array_length(references_json) = 10"),
            2 * 4 * 17);
  EXPECT_GT(database.integer("SELECT count(*) FROM picture WHERE substr(hex(jpeg), 1, 6) = 'FFD8FF'"), 0);
  EXPECT_EQ(
      database.integer("SELECT count(*) FROM question WHERE image_id NOT IN (SELECT image_id FROM picture)"),
      0);
  EXPECT_EQ(
      database.integer("SELECT count(*) FROM v_cost WHERE trained_parameters > 0 AND tokens_per_second > 0"),
      2);
  EXPECT_EQ(
      database.integer("SELECT count(*) FROM v_provenance WHERE length(torch_version) > 0 AND threads = 1"),
      2);
  EXPECT_EQ(database.integer("SELECT count(*) FROM train_step"), 2 * 2);
}

TEST(ImpReport, ShowsTheNewestSweepAsImpSweepDid) {
  const FinishedSweep& done = finished_sweep();
  const Finished report = run_program({"imp-report", "--db", done.sweep.database()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_EQ(report.out, done.finished.out);
  const Finished csv = run_program({"imp-report", "--db", done.sweep.database(), "--format", "csv"});
  EXPECT_EQ(lines_of(csv.out).size(), 3u) << csv.out;
  const Finished json = run_program({"imp-report", "--db", done.sweep.database(), "--format", "json"});
  EXPECT_TRUE(nlohmann::json::accept(json.out));
}

TEST(ImpReport, WithoutADatabaseSaysWhatToDo) {
  const Finished report = run_program({"imp-report", "--db", "/nowhere/imp.db"});
  EXPECT_EQ(report.exit_code, 2);
  EXPECT_EQ(report.out, "");
  EXPECT_THAT(report.err, HasSubstr("run a sweep first"));
}

}  // namespace
}  // namespace imp::test
