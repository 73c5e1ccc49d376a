// SPDX-License-Identifier: Apache-2.0
// `imp-sweep --jobs N` as a person or a script meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "models/io/file.h"
#include "tests/faults/sweep_results.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Two cells of two steps, as in sweep_program_test.
struct TwoCells : TinySweep {
  explicit TwoCells(const Settings& more = {}) : TinySweep(all(more), "  grid: {lora_rank: [2, 4]}\n") {}
  static Settings all(Settings settings) {
    settings.insert({{"connector_max_steps", "2"}, {"max_steps", "2"}});
    return settings;
  }
};

struct FinishedSweep {
  explicit FinishedSweep(const std::string& jobs)
      : finished(sweep.run({"--jobs", jobs, "--events", sweep.folder() / "events.ndjson"})) {}
  TwoCells sweep;
  Finished finished;
};
const FinishedSweep& in_one_process() {
  static const FinishedSweep made("1");
  return made;
}
const FinishedSweep& in_workers() {
  static const FinishedSweep made("2");
  return made;
}

TEST(Jobs, GiveTheBitsOfOneProcessWithAsManyThreads) {
  ASSERT_EQ(in_one_process().finished.exit_code, 0) << in_one_process().finished.err;
  ASSERT_EQ(in_workers().finished.exit_code, 0) << in_workers().finished.err;
  expect_as_if_undisturbed(in_workers().sweep, in_one_process().sweep);
  for (const fs::path& trial : trials_of(in_workers().sweep))
    EXPECT_EQ(in_workers().sweep.outcome(trial)["provenance"]["threads"], 1);
  for (const fs::path& stage : in_workers().sweep.stages("finetune"))
    EXPECT_EQ(nlohmann::json::parse(read_file(stage / "stage.json"))["threads"], 1);
}

/// The table without its columns of times and rates, which differ from run to run.
std::string scores_in(const std::string& table) {
  std::istringstream lines(table);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string cell;
    for (int i = 0; i < 4 && std::getline(cells, cell, '|'); ++i) kept += cell + "|";
    kept += "\n";
  }
  return kept;
}

TEST(Jobs, PrintTheSameScores) {
  EXPECT_EQ(scores_in(in_workers().finished.out), scores_in(in_one_process().finished.out));
  EXPECT_THAT(in_workers().finished.out, HasSubstr("scenetext"));
}

/// How often each event comes for each trial and stage.
std::map<std::string, int> events_of(const FinishedSweep& sweep) {
  std::map<std::string, int> count;
  std::istringstream lines(read_file(sweep.sweep.folder() / "events.ndjson"));
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    EXPECT_TRUE(event.is_object()) << line;
    // Which trial makes a shared stage is a matter of order.
    const std::string kind = event.value("kind", "");
    const bool own = kind == "finetune" || kind == "eval" || kind.empty();
    ++count[event.value("event", "") + " " + kind + " " + (own ? event.value("trial", "") : "")];
  }
  return count;
}

TEST(Jobs, WriteAllEventsOfAllWorkersIntoOneStream) {
  const auto events = events_of(in_workers());
  EXPECT_EQ(events, events_of(in_one_process()));
  EXPECT_EQ(events.at("stage_begin finetune lora_rank=2,seed=1"), 1);
}

TEST(Jobs, SayWhichTrialALineIsAbout) {
  EXPECT_THAT(in_workers().finished.err, HasSubstr("[1/2 lora_rank=2,seed=1] finetune\n"));
  EXPECT_THAT(in_workers().finished.err, HasSubstr("[2/2 lora_rank=4,seed=1] finetune\n"));
  EXPECT_THAT(in_workers().finished.err, HasSubstr("lora_rank=4,seed=1: scenetext vqa_accuracy "));
  EXPECT_EQ(in_workers().finished.err.find_first_of("\r\033"), std::string::npos);
}

TEST(Jobs, OfAFinishedSweepStartNoWorker) {
  const Finished again = in_workers().sweep.run({"--jobs", "auto"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, in_workers().finished.out);
  EXPECT_LT(again.processor_seconds, 3.0);
}

TEST(Jobs, ThatAreNoNumberAreRefused) {
  for (const char* jobs : {"0", "-1", "many", "2.5"}) {
    const Finished finished = run_program({"imp-sweep", "sweep.yaml", "--jobs", jobs});
    EXPECT_EQ(finished.exit_code, 2) << jobs;
    EXPECT_THAT(finished.err, HasSubstr("--jobs"));
    expect_one_clear_line(finished.err);
  }
}

TEST(Jobs, AFailedCellIsARowAndTheOthersGoOn) {
  const TinySweep sweep({{"connector_max_steps", "2"}, {"max_steps", "2"}},
                        "  list:\n    - {lora_rank: 4, lora_targets: nothing}\n    - {lora_rank: 2}\n");
  sweep.take_pictures_of(in_one_process().sweep);
  const Finished finished = sweep.run({"--jobs", "2"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("finetune failed: lora_targets: 'nothing' matches no layer"));
  std::map<std::string, int> count;
  for (const fs::path& trial : trials_of(sweep)) ++count[sweep.outcome(trial)["status"].get<std::string>()];
  EXPECT_EQ(count["failed"], 1);
  EXPECT_EQ(count["done"], 1);
}

TEST(FailFast, StopsWithTheFirstTrialThatFails) {
  for (const char* jobs : {"1", "2"}) {
    const TinySweep sweep(
        {{"connector_max_steps", "2"}, {"max_steps", "4000"}, {"checkpoint_every", "5"}},
        "  list:\n    - {lora_rank: 4, lora_targets: nothing}\n    - {lora_rank: 2}\n    - {lora_rank: 6}\n");
    sweep.take_pictures_of(in_one_process().sweep);
    const Finished finished = sweep.run({"--fail-fast", "--jobs", jobs});
    EXPECT_EQ(finished.exit_code, 1) << finished.err;
    EXPECT_TRUE(sweep.stages("finetune").empty()) << "the others were trained to their end";
    EXPECT_TRUE(sweep.stages("eval").empty());
  }
}

TEST(BadSweep, InWorkersEndsWithTheErrorsOfTheFile) {
  TwoCells sweep;
  write_file_atomically(sweep.file(), "version: 1\nname: tiny\nbaselin: {}\n");
  const Finished finished = sweep.run({"--jobs", "2"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("tiny.yaml:3:1: "));
}

}  // namespace
}  // namespace imp::test
