// SPDX-License-Identifier: Apache-2.0
#include "results/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "results/results_database.h"
#include "results/store_error.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::SweepFolder;
using testing::TemporaryFolder;
using testing::write_file;
using testing::write_small_sweep;

/// All rows of a query, columns joined by '|', NULL as an empty column.
std::vector<std::string> rows_of(Database& database, const std::string& sql) {
  std::vector<std::string> rows;
  Statement statement(database, sql);
  while (statement.step()) {
    std::string row;
    for (int i = 0; i < statement.column_count(); ++i)
      row += (i > 0 ? "|" : "") + (statement.is_null(i) ? "" : statement.text(i));
    rows.push_back(row);
  }
  return rows;
}

std::vector<std::string> columns_of(Database& database, const std::string& view) {
  std::vector<std::string> names;
  const Statement statement(database, "SELECT * FROM " + view);
  for (int i = 0; i < statement.column_count(); ++i) names.push_back(statement.column_name(i));
  return names;
}

/// The whole database as text.
std::string dump(Database& database) {
  std::string text;
  for (const char* table : {"trial_stage", "attempt", "train_step", "score", "provenance"}) {
    text += std::string("== ") + table + "\n";
    for (const std::string& row :
         rows_of(database, std::string("SELECT sweep.name, trial.name, x.* FROM ") + table +
                               " AS x JOIN trial USING (trial_id) JOIN sweep USING (sweep_id)"
                               " ORDER BY sweep.name, trial.name, 3, 4, 5, 6, 7")) {
      text += row + "\n";
    }
  }
  for (const char* view : {"v_cells", "v_scores", "v_wide", "v_effects", "v_cell_scores", "v_failures",
                           "v_cost", "v_provenance", "v_curve"}) {
    text += std::string("== ") + view + "\n";
    for (const std::string& row :
         rows_of(database, std::string("SELECT * FROM ") + view + " ORDER BY 1, 2, 3, 4, 5, 6")) {
      text += row + "\n";
    }
  }
  text += "== v_answers\n";  // whose keys may be others
  for (const std::string& row :
       rows_of(database,
               "SELECT sweep, trial, benchmark, blind, question_id, image_id, family, "
               "question, references_json, prediction, score, question_tokens, "
               "answer_tokens FROM v_answers ORDER BY 1, 2, 3, 4, 5"))
    text += row + "\n";
  for (const char* table : {"stage", "factor"}) {
    for (const std::string& row : rows_of(database, std::string("SELECT * FROM ") + table))
      text += row + "\n";
  }
  for (const std::string& row : rows_of(database, "SELECT source FROM trial ORDER BY name"))
    text += row + "\n";
  return text;
}

class Ingest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  std::filesystem::path path_ = folder_.path() / "imp.db";
};

TEST_F(Ingest, ATrialsFilesBecomeRows) {
  write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  EXPECT_THAT(ingest_sweep(database, runs_, "ranks"), IsEmpty());
  EXPECT_THAT(
      rows_of(database,
              "SELECT trial, status, seed, llm, encoder, finetune, lora_rank, epochs, data FROM v_cells"),
      ElementsAre("lora_rank=128,seed=1|done|1|phi|siglip|lora|128|2|scenetext",
                  "lora_rank=128,seed=2|done|2|phi|siglip|lora|128|2|scenetext",
                  "lora_rank=256,seed=1|done|1|phi|siglip|lora|256|2|scenetext",
                  "lora_rank=256,seed=2|failed|2|phi|siglip|lora|256|2|scenetext",
                  "lora_rank=256,seed=3|planned|3|phi|siglip|lora|256|2|scenetext"));
  EXPECT_EQ(database.integer("SELECT count(*) FROM answer"), 3 * 2 * 4);
  EXPECT_THAT(
      rows_of(database,
              "SELECT sweep, trial, cell, seed, benchmark, blind, question_id, image_id, family, question, "
              "references_json, prediction, score, question_tokens, answer_tokens FROM v_answers "
              "WHERE blind = 0 AND question_id = '2' AND seed = 1 AND cell = 'lora_rank=128'"),
      ElementsAre("ranks|lora_rank=128,seed=1|lora_rank=128|1|scenetext|0|2|a|word|||stop | \"x\"|0.3|9|2"));
  EXPECT_EQ(database.integer("SELECT count(*) FROM question"), 4) << "asked by all trials, kept once";
  EXPECT_THAT(rows_of(database, "SELECT step, loss, tokens FROM train_step WHERE trial_id = 1"),
              ElementsAre("1|2.5|500", "2||500"));
  EXPECT_THAT(rows_of(database,
                      "SELECT trial, trial_status, attempt, stage, error_type, micro_batch FROM v_failures"),
              ElementsAre("lora_rank=256,seed=2|failed|1|finetune|out_of_memory|16"));
  EXPECT_THAT(rows_of(database, "SELECT new_stage_seconds, flops FROM v_cost LIMIT 1"),
              ElementsAre("40.5|1.5e+15"));
  EXPECT_THAT(rows_of(database, "SELECT git_commit, git_dirty, threads FROM v_provenance LIMIT 1"),
              ElementsAre("abc123|0|2"));
  EXPECT_THAT(rows_of(database, "SELECT kind, version, seconds FROM stage"), ElementsAre("data|3|12.5"));
}

TEST_F(Ingest, ViewsHaveTheColumnsThatPeopleRelyOn) {
  write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "ranks");
  EXPECT_THAT(columns_of(database, "v_cells"),
              ElementsAre("sweep", "trial", "cell", "status", "seed", "llm", "encoder", "finetune",
                          "lora_rank", "epochs", "data", "config_json"));
  EXPECT_THAT(columns_of(database, "v_scores"), ElementsAre("sweep", "trial", "cell", "seed", "benchmark",
                                                            "metric", "value", "standard_error", "n"));
  EXPECT_THAT(columns_of(database, "v_effects"),
              ElementsAre("sweep", "factor", "from_level", "to_level", "benchmark", "family", "difference",
                          "ci_low", "ci_high", "p", "p_holm", "standardized", "standard_error",
                          "picture_variance", "seed_variance", "degrees_of_freedom", "method", "questions",
                          "pictures", "questions_left_out", "seeds", "matched_groups", "cells",
                          "also_differs", "is_interaction"));
  const auto cell_scores =
      ElementsAre("sweep", "cell_number", "cell", "benchmark", "metric", "value", "standard_error", "ci_low",
                  "ci_high", "blind", "blind_ci_low", "blind_ci_high", "margin", "margin_ci_low",
                  "margin_ci_high", "seeds", "n", "family", "blind_standard_error", "margin_standard_error",
                  "pictures", "picture_variance", "seed_variance", "degrees_of_freedom", "from_answers");
  EXPECT_THAT(columns_of(database, "v_cell_scores"), cell_scores);
  EXPECT_THAT(columns_of(database, "v_families"), cell_scores);
  EXPECT_THAT(columns_of(database, "v_answers"),
              ElementsAre("sweep", "trial", "cell", "seed", "benchmark", "blind", "question_id", "image_id",
                          "family", "question", "references_json", "prediction", "score", "question_tokens",
                          "answer_tokens", "question_set", "control"));
  EXPECT_THAT(columns_of(database, "v_controls"),
              ElementsAre("sweep", "cell_number", "cell", "benchmark", "family", "control", "metric", "score",
                          "value", "standard_error", "ci_low", "ci_high", "margin", "margin_standard_error",
                          "margin_ci_low", "margin_ci_high", "seeds", "n"));
  EXPECT_THAT(columns_of(database, "v_stage_cost"),
              ElementsAre("sweep", "kind", "key", "users", "planned_users", "seconds", "flops",
                          "energy_joules", "peak_memory_bytes", "made", "host"));
  EXPECT_THAT(columns_of(database, "v_sweep_cost"),
              ElementsAre("sweep", "trials", "stages", "seconds", "seconds_saved", "flops", "flops_saved",
                          "energy_joules", "energy_joules_saved"));
  EXPECT_THAT(
      columns_of(database, "v_cost"),
      ElementsAre("sweep", "trial", "cell", "seed", "status", "wall_seconds", "train_seconds", "eval_seconds",
                  "new_stage_seconds", "train_tokens", "tokens_per_second", "peak_memory_bytes",
                  "trained_parameters", "flops", "own_seconds", "share_seconds", "eval_flops", "own_flops",
                  "share_flops", "own_joules", "share_joules", "flops_per_second"));
  EXPECT_THAT(columns_of(database, "v_curve"), ElementsAre("sweep", "trial", "cell", "seed", "stage", "step",
                                                           "loss", "lr", "grad_norm", "tokens", "seconds"));
  for (const char* view : {"v_failures", "v_row_kinds", "v_leaks", "v_cost", "v_provenance"}) {
    const auto columns = columns_of(database, view);
    EXPECT_EQ(std::vector(columns.begin(), columns.begin() + 3),
              (std::vector<std::string>{"sweep", "trial", "cell"}))
        << view;
  }
  EXPECT_THAT(columns_of(database, "v_wide"),
              ElementsAre("sweep", "cell", "llm", "encoder", "finetune", "lora_rank", "epochs", "data",
                          "seeds", "scenetext", "average"));
}

TEST_F(Ingest, AColumnForABenchmarkIsThereBeforeItsFirstScore) {
  SweepFolder sweep(runs_, "planned");
  sweep.add_trial("128", 1);
  sweep.plan()["benchmarks"] = {"pope", "scenetext"};
  sweep.write_plan();
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "planned");
  EXPECT_THAT(rows_of(database, "SELECT cell, pope, scenetext, average FROM v_wide"),
              ElementsAre("lora_rank=128|||"));
}

TEST_F(Ingest, TheCurveHasTheStepsOfStagesThatTrialsShare) {
  SweepFolder sweep = write_small_sweep(runs_, "ranks");
  const std::string key(32, 'c');
  for (json& trial : sweep.plan()["trials"])
    trial["stages"].insert(trial["stages"].begin(), json::object({{"kind", "connector"}, {"key", key}}));
  sweep.write_plan();
  sweep.write_stage("connector", key);
  write_file(runs_ / "stages" / ("connector-" + key) / "train.jsonl",
             "{\"step\":1,\"loss\":9.5,\"tokens\":7}\n{\"step\":2,\"loss\":9.0,\"tokens\":7}\n");
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "ranks");
  EXPECT_THAT(rows_of(database,
                      "SELECT trial, stage, step, loss FROM v_curve WHERE stage = 'connector' AND seed = 3"),
              ElementsAre("lora_rank=256,seed=3|connector|1|9.5", "lora_rank=256,seed=3|connector|2|9.0"));
  EXPECT_EQ(database.integer("SELECT count(*) FROM stage_step"), 2) << "kept once, whoever shares it";
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_curve WHERE stage = 'finetune'"),
            database.integer("SELECT count(*) FROM train_step"));
}

TEST_F(Ingest, LookedAtAgainUnchangedTheStatisticsAreLeftAsTheyAre) {
  SweepFolder sweep = write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "ranks");
  ASSERT_GT(database.integer("SELECT count(*) FROM effect"), 0);
  database.execute("UPDATE effect SET method = 'untouched'; UPDATE cell_score SET metric = 'untouched'");
  ingest_sweep(database, runs_, "ranks");
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_effects WHERE method <> 'untouched'"), 0);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_cell_scores WHERE metric <> 'untouched'"), 0);
  std::filesystem::remove_all(sweep.trial_folder("lora_rank=128,seed=2"));
  ingest_sweep(database, runs_, "ranks");
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_effects WHERE method = 'untouched'"), 0);
  EXPECT_EQ(database.integer("SELECT seeds FROM v_cell_scores WHERE cell = 'lora_rank=128' AND family = ''"),
            1);
}

TEST_F(Ingest, OneReaderOfASweepSeesThatItsPlanChanged) {
  SweepFolder sweep = write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  SweepIngest ingest(runs_, "ranks");
  ingest.take_in_trial(database, "lora_rank=128,seed=1");
  EXPECT_EQ(database.integer("SELECT count(*) FROM trial"), 5);
  EXPECT_THROW(ingest.take_in_trial(database, "lora_rank=256,seed=4"), StoreError);
  sweep.add_trial("256", 4);
  sweep.write_plan();
  ingest.take_in_trial(database, "lora_rank=256,seed=4");
  EXPECT_EQ(database.integer("SELECT count(*) FROM trial"), 6);
}

TEST_F(Ingest, ATrialOfOtherStagesThanThePlansIsLeftOutUntilItIsRunAgain) {
  SweepFolder sweep = write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  EXPECT_THAT(ingest_sweep(database, runs_, "ranks"), IsEmpty());
  const std::string first = dump(database);
  const std::string status = "SELECT trial, status FROM v_cells LIMIT 2";

  nlohmann::json& key = sweep.plan()["trials"][0]["stages"][1]["key"];
  const nlohmann::json old = std::exchange(key, std::string(32, 'c'));
  sweep.write_plan();
  EXPECT_THAT(ingest_sweep(database, runs_, "ranks"),
              ElementsAre(HasSubstr("lora_rank=128,seed=1: was made with another configuration or version")));
  EXPECT_THAT(rows_of(database, status),
              ElementsAre("lora_rank=128,seed=1|planned", "lora_rank=128,seed=2|done"));
  EXPECT_EQ(database.integer("SELECT count(*) FROM score WHERE trial_id = 1"), 0);

  key = old;
  sweep.write_plan();
  EXPECT_THAT(ingest_sweep(database, runs_, "ranks"), IsEmpty());
  EXPECT_EQ(dump(database), first);
}

TEST_F(Ingest, ATrialIsTheSameWhetherItsFeaturesWereKeptOnDiskOrComputed) {
  SweepFolder sweep = write_small_sweep(runs_, "ranks");
  nlohmann::json& stages = sweep.plan()["trials"][0]["stages"];
  stages.push_back({{"kind", "features"}, {"key", std::string(32, 'd')}});
  sweep.write_plan();
  Database database = open_results(path_, Access::write);
  EXPECT_THAT(ingest_sweep(database, runs_, "ranks"), IsEmpty());
  EXPECT_THAT(rows_of(database, "SELECT trial, status FROM v_cells LIMIT 1"),
              ElementsAre("lora_rank=128,seed=1|done"));
}

TEST_F(Ingest, AgainGivesTheSameRows) {
  const SweepFolder sweep = write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "ranks");
  const std::string first = dump(database);
  EXPECT_THAT(ingest_trial(database, runs_, "ranks", "lora_rank=128,seed=2"), IsEmpty());
  ingest_sweep(database, runs_, "ranks");
  EXPECT_EQ(dump(database), first);
}

TEST_F(Ingest, ATrialThatWasRunAgainReplacesItsRows) {
  const SweepFolder sweep = write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "ranks");
  const std::string trial = "lora_rank=256,seed=2";
  json outcome = sweep.outcome(trial, "256", 2);
  sweep.add_answers(outcome, "scenetext", {{"q", 1, 1.0, 0.0}});
  sweep.write_outcome(outcome);
  ingest_sweep(database, runs_, "ranks");
  EXPECT_THAT(rows_of(database, "SELECT status FROM v_cells WHERE trial = '" + trial + "'"),
              ElementsAre("done"));
  EXPECT_THAT(rows_of(database, "SELECT * FROM v_failures"), IsEmpty());
  EXPECT_THAT(rows_of(database, "SELECT seeds, round(scenetext, 6) FROM v_wide WHERE lora_rank = 256"),
              ElementsAre("2|0.8"));
}

TEST_F(Ingest, RebuildEqualsTrialByTrial) {
  write_small_sweep(runs_, "ranks", "2026-11-24T08:00:00Z");
  write_small_sweep(runs_, "again", "2026-11-24T09:00:00Z");
  const auto rebuilt = folder_.path() / "rebuilt.db";
  EXPECT_THAT(rebuild(rebuilt, runs_), IsEmpty());
  Database database = open_results(path_, Access::write);
  for (const char* sweep : {"ranks", "again"}) {
    for (const char* trial : {"256,seed=2", "128,seed=2", "256,seed=1", "128,seed=1"}) {
      EXPECT_THAT(ingest_trial(database, runs_, sweep, std::string("lora_rank=") + trial), IsEmpty());
    }
    EXPECT_EQ(database.integer("SELECT count(*) FROM v_effects WHERE sweep = '" + std::string(sweep) + "'"),
              0);
    EXPECT_THAT(ingest_sweep(database, runs_, sweep), IsEmpty());  // as at a sweep's end: makes the effects
  }
  Database other = open_results(rebuilt, Access::read);
  EXPECT_EQ(dump(other), dump(database));
}

TEST_F(Ingest, RebuildReplacesTheContentUnderAReader) {
  write_small_sweep(runs_, "ranks");
  rebuild(path_, runs_);
  Database reader = open_results(path_, Access::read);
  Statement open_read(reader, "SELECT name FROM trial");
  ASSERT_TRUE(open_read.step());
  std::filesystem::remove_all(runs_ / "ranks");
  write_small_sweep(runs_, "other");
  EXPECT_THAT(rebuild(path_, runs_), IsEmpty());
  int rows = 1;
  while (open_read.step()) ++rows;
  EXPECT_EQ(rows, 5);
  open_read.reset();
  EXPECT_THAT(rows_of(reader, "SELECT name FROM sweep"), ElementsAre("other"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_EQ(entry.path().string().find(".new-"), std::string::npos) << entry.path();
  }
}

TEST_F(Ingest, RebuildLeavesAFileThatIsNoDatabase) {
  write_small_sweep(runs_, "ranks");
  write_file(path_, std::string(2000, 'x'));
  EXPECT_THROW(rebuild(path_, runs_), StoreError);
  EXPECT_EQ(testing::read_file(path_), std::string(2000, 'x'));
  EXPECT_THROW(rebuild(folder_.path() / "new.db", folder_.path() / "no-runs"), StoreError);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "new.db"));
}

TEST_F(Ingest, MalformedFilesAreNamedAndTheOthersGoOn) {
  const SweepFolder sweep = write_small_sweep(runs_, "ranks");
  const auto first = sweep.trial_folder("lora_rank=128,seed=1");
  const auto second = sweep.trial_folder("lora_rank=128,seed=2");
  write_file(first / "outcome.json", "{\"schema\": 1,\n \"status\": ");
  write_file(second / "predictions" / "scenetext.blind.jsonl",
             "{\"question_id\": 1, \"image_id\": 1, \"prediction\": \"\", \"score\": 1}\n"
             "{\"question_id\": 2, \"image_id\": 1, \"prediction\": \"\", \"score\": \"high\"}\n");
  write_file(runs_ / "stages" / "data-x" / "stage.json", "[]");
  Database database = open_results(path_, Access::write);
  EXPECT_THAT(
      ingest_sweep(database, runs_, "ranks"),
      ElementsAre(HasSubstr("seed=1/outcome.json:2:12: not valid JSON"),
                  HasSubstr("scenetext.blind.jsonl:2: key 'score' is \"high\"; it should be a number"),
                  HasSubstr("data-x/stage.json: should be a JSON object")));
  EXPECT_THAT(rows_of(database, "SELECT status FROM trial ORDER BY trial_id"),
              ElementsAre("unreadable", "done", "done", "failed", "planned"));
  EXPECT_EQ(database.integer("SELECT count(*) FROM answer"), 4 + 8);
  EXPECT_EQ(ingest_sweep(database, runs_, "ranks").size(), 3U) << "a problem is told until it is gone";
}

TEST_F(Ingest, ATrainLogCutShortKeepsItsWholeLines) {
  const SweepFolder sweep = write_small_sweep(runs_, "ranks");
  write_file(sweep.trial_folder("lora_rank=128,seed=1") / "train.jsonl",
             "{\"step\":1,\"loss\":2.0}\n{\"step\":2,\"lo");
  Database database = open_results(path_, Access::write);
  EXPECT_THAT(ingest_sweep(database, runs_, "ranks"), IsEmpty());
  EXPECT_EQ(database.integer("SELECT count(*) FROM train_step WHERE trial_id = 1"), 1);
}

TEST_F(Ingest, TrialsThatLeftThePlanAreRemovedAndTold) {
  SweepFolder sweep = write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "ranks");
  sweep.plan()["trials"].erase(0);
  sweep.write_plan();
  EXPECT_THAT(ingest_sweep(database, runs_, "ranks"),
              ElementsAre(HasSubstr("seed=1: not in the sweep's plan any more")));
  EXPECT_EQ(database.integer("SELECT count(*) FROM trial"), 4);
  EXPECT_EQ(database.integer("SELECT count(*) FROM answer WHERE trial_id = 1"), 0);
}

TEST_F(Ingest, NamesWithSpecialCharactersAreKept) {
  SweepFolder sweep(runs_, "it's \"odd\" é%?#");
  const std::string trial = sweep.add_trial("128", 1);
  json outcome = sweep.outcome(trial, "128", 1);
  const std::vector<std::string> benchmarks{"a\"b'c; DROP TABLE trial", "Seeds", "été"};
  for (const std::string& name : benchmarks)
    sweep.add_answers(outcome, name, {{"q'1", "i", 0.5, 0.25}, {"q\"2", "j", 1, 0}});
  sweep.write_outcome(outcome);
  sweep.write_plan();
  Database database = open_results(folder_.path() / "od?d #100%.db", Access::write);
  EXPECT_THAT(ingest_sweep(database, runs_, "it's \"odd\" é%?#"), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "od?d #100%.db"));
  EXPECT_THAT(rows_of(database,
                      "SELECT seeds, Seeds_score, \"a\"\"b'c; DROP TABLE trial\", été, average FROM v_wide"),
              ElementsAre("1|0.75|0.75|0.75|0.75"));
}

TEST_F(Ingest, AverageIsLeftOutWhereABenchmarkIsMissing) {
  SweepFolder sweep(runs_, "two");
  for (const char* rank : {"128", "256"}) {
    const std::string trial = sweep.add_trial(rank, 1);
    json outcome = sweep.outcome(trial, rank, 1);
    sweep.add_answers(outcome, "scenetext", {{1, 1, 0.5, 0}, {2, 2, 1, 0}});
    if (std::string(rank) == "128") sweep.add_answers(outcome, "gqa", {{1, 1, 0.25, 0}, {2, 2, 0.25, 0}});
    sweep.write_outcome(outcome);
  }
  sweep.write_plan();
  Database database = open_results(path_, Access::write);
  ingest_sweep(database, runs_, "two");
  EXPECT_THAT(rows_of(database, "SELECT lora_rank, gqa, scenetext, average FROM v_wide"),
              ElementsAre("128|0.25|0.75|0.5", "256||0.75|"));
}

TEST_F(Ingest, NamesThatLeaveTheRunsFolderAreRefused) {
  SweepFolder sweep = write_small_sweep(runs_, "ranks");
  Database database = open_results(path_, Access::write);
  EXPECT_THROW(ingest_sweep(database, runs_, "../ranks"), StoreError);
  EXPECT_THROW(ingest_sweep(database, runs_, ""), StoreError);
  EXPECT_THROW(ingest_trial(database, runs_, "ranks", "lora_rank=512,seed=1"), StoreError);
  sweep.plan()["trials"][0]["trial"] = "/etc";
  sweep.write_plan();
  EXPECT_THROW(ingest_sweep(database, runs_, "ranks"), StoreError);
  EXPECT_EQ(database.integer("SELECT count(*) FROM trial"), 0) << "a refused plan leaves nothing";
}

}  // namespace
}  // namespace imp::results
