// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/unreferenced.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/lease/lease.h"
#include "models/io/error.h"
#include "tests/harness/inventory/made_runs.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using test::MadeRuns;
using test::stage_named;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> leftovers(const Unreferenced& found) {
  std::vector<std::string> lines;
  for (const Leftover& each : found.leftovers)
    lines.push_back(std::string(kind_name(each.kind)) + " " + each.path.filename().string().substr(0, 24));
  return lines;
}

std::vector<std::string> left_alone(const Unreferenced& found) {
  std::vector<std::string> lines;
  for (const LeftAlone& each : found.left_alone)
    lines.push_back(each.path.string().substr(0, 26) + ": " + each.reason);
  return lines;
}

TEST(Unreferenced, AreStagesThatNoSweepNoTrialAndNoStageInUseNames) {
  const MadeRuns runs;
  const StageInput data = runs.stage("data", 'a');
  const StageInput unplanned = runs.stage("features", 'b', {data});
  const StageInput finetune = runs.stage("finetune", 'c', {unplanned});
  const StageInput of_an_outcome = runs.stage("finetune", 'd');
  runs.stage("finetune", 'e');
  runs.stage("eval", 'f', {stage_named("finetune", 'e')});
  runs.sweep("s", {{.name = "a", .stages = {finetune}, .status = ""}});
  runs.sweep("t", {{.name = "b", .stages = {of_an_outcome}}});
  fs::remove(runs.path() / "t" / "sweep.json");
  const Unreferenced found = find_unreferenced(runs.path());
  EXPECT_THAT(leftovers(found),
              ElementsAre("stage eval-fffffffffffffffffff", "stage finetune-eeeeeeeeeeeeeee"));
  EXPECT_GT(found.leftovers[0].bytes, 1000);
  EXPECT_THAT(found.leftovers[0].reason, HasSubstr("made 2026-11-20T10:00:00Z"));
  EXPECT_EQ(found.stages_kept, 4U);
  EXPECT_THAT(found.left_alone, IsEmpty());
}

TEST(Unreferenced, AreHalfMadeStagesUnlessAnUnfinishedSweepGoesOnFromThem) {
  const MadeRuns runs;
  const StageInput wanted = runs.unfinished("finetune", 'a');
  runs.unfinished("finetune", 'b');
  const StageInput finished = runs.stage("connector", 'c');
  runs.unfinished("connector", 'c');
  runs.sweep("s", {{.name = "a", .stages = {wanted, finished}, .status = "interrupted"}});
  const Unreferenced found = find_unreferenced(runs.path());
  EXPECT_THAT(leftovers(found), UnorderedElementsAre("unfinished stage .making-connector-cccccc",
                                                     "unfinished stage .making-finetune-bbbbbbb"));
  EXPECT_THAT(left_alone(found), ElementsAre(HasSubstr("a sweep that is not finished goes on from it")));
}

TEST(Unreferenced, LeaveAloneWhatIsBeingMadeOrWasWrittenInTheLastHour) {
  const MadeRuns runs;
  const std::string name = "finetune-" + runs.unfinished("finetune", 'a').key;
  runs.stage("finetune", 'b');
  runs.write("stages/finetune-" + std::string(32, 'b') + "/part/new", "x");
  Leases leases(runs.path() / "stages");
  std::optional<Lease> held = leases.try_take(name);
  ASSERT_TRUE(held);
  EXPECT_THAT(left_alone(find_unreferenced(runs.path())),
              UnorderedElementsAre(HasSubstr("is being made"), HasSubstr("was written in the last hour")));
  held.reset();
  EXPECT_THAT(leftovers(find_unreferenced(runs.path())),
              ElementsAre("unfinished stage .making-finetune-aaaaaaa"));
}

TEST(Unreferenced, AreDamagedStagesButNotThoseOfANewerImp) {
  const MadeRuns runs;
  const StageInput damaged = runs.stage("finetune", 'a');
  runs.write("stages/finetune-" + damaged.key + "/stage.json", "{\"kind\": \"fin");
  MadeRuns::age(runs.stage_folder(damaged));
  const StageInput newer = runs.stage("finetune", 'b');
  runs.write("stages/finetune-" + newer.key + "/stage.json", "{\"schema\": 2, \"whatever\": 1}");
  MadeRuns::age(runs.stage_folder(newer));
  runs.sweep("s", {{.name = "a", .stages = {damaged}}});
  const Unreferenced found = find_unreferenced(runs.path());
  EXPECT_THAT(leftovers(found), ElementsAre("damaged stage finetune-aaaaaaaaaaaaaaa"));
  EXPECT_THAT(left_alone(found), ElementsAre(HasSubstr("was made by a newer imp")));
}

TEST(Unreferenced, KnowWhatIsNamedAfterWhoMakesIt) {
  const MadeRuns runs;
  const std::string a(32, 'a'), b(32, 'b'), c(32, 'c');
  runs.write("stages/.making-finetune-" + a + ".host-12/checkpoint", "x");
  runs.write("stages/.making-finetune-" + b + ".host-13/checkpoint", "x");
  runs.write("stages/.damaged-eval-" + c + ".host-14/scores.json", "x");
  MadeRuns::age(runs.path() / "stages");
  Leases leases(runs.path() / "stages");
  const std::optional<Lease> held = leases.try_take("finetune-" + a);
  ASSERT_TRUE(held);
  const Unreferenced found = find_unreferenced(runs.path());
  EXPECT_THAT(leftovers(found), UnorderedElementsAre("unfinished stage .making-finetune-bbbbbbb",
                                                     "damaged stage .damaged-eval-cccccccccc"));
  EXPECT_THAT(left_alone(found), ElementsAre(HasSubstr("is being made")));
}

TEST(Unreferenced, NameWhatIsNotImpsAndFollowNoLinks) {
  const MadeRuns runs;
  const TemporaryFolder outside;
  outside.write("stage.json", "mine");
  fs::create_directory_symlink(outside.path(), runs.path() / "stages" / ("finetune-" + std::string(32, 'a')));
  fs::create_directory_symlink(outside.path(), runs.path() / "other");
  runs.write("stages/notes.txt", "mine");
  runs.write("stages/finetune-12/x", "mine");
  runs.write("stages/poetry-" + std::string(32, 'a') + "/x", "mine");
  runs.write("photos/cat.jpg", "mine");
  const Unreferenced found = find_unreferenced(runs.path());
  EXPECT_THAT(found.leftovers, IsEmpty());
  EXPECT_THAT(
      left_alone(found),
      UnorderedElementsAre(HasSubstr("is a link"), "other: is a link, which is not followed",
                           "stages/notes.txt: is not imp's", "stages/finetune-12: is not imp's",
                           HasSubstr("stages/poetry-aaaaaaaaaaaa: is not imp's"), "photos: is not imp's"));
}

TEST(Unreferenced, AreQuestionRecordsOfFinishedSweepsThatNoTrialNames) {
  const MadeRuns runs;
  const StageInput eval = runs.stage("eval", 'a');
  const auto with_record = [](const char* name) {
    return nlohmann::json{{"questions", {{"scenetext", name}}}};
  };
  runs.sweep("done", {{.name = "a", .stages = {eval}, .more = with_record("one")}});
  runs.sweep("going", {{.name = "a", .stages = {eval}, .more = with_record("one")},
                       {.name = "b", .stages = {eval}, .status = ""}});
  for (const char* sweep : {"done", "going"})
    for (const char* name : {"one", "two"})
      runs.write(std::string(sweep) + "/questions/scenetext/" + name + "/questions.jsonl", "{}");
  MadeRuns::age(runs.path() / "done");
  MadeRuns::age(runs.path() / "going");
  const Unreferenced found = find_unreferenced(runs.path());
  ASSERT_THAT(leftovers(found), ElementsAre("question record two"));
  EXPECT_EQ(found.leftovers[0].path, "done/questions/scenetext/two");
}

TEST(Unreferenced, AreFilesAndFoldersOnTheirWayInOrOut) {
  const MadeRuns runs;
  const StageInput eval = runs.stage("eval", 'a');
  runs.sweep("s", {{.name = "a", .stages = {eval}}});
  MadeRuns::age(runs.write("s/sweep.json.aside-123", "half"));
  MadeRuns::age(runs.write("s/my.aside-", "mine"));
  runs.write(".trash-1-2/0-finetune/x", "gone");
  EXPECT_THAT(leftovers(find_unreferenced(runs.path())),
              UnorderedElementsAre("half-written file sweep.json.aside-123", "trash .trash-1-2"));
}

TEST(Unreferenced, AreNotToldWhereARecordCannotBeRead) {
  const MadeRuns runs;
  runs.stage("eval", 'a');
  const auto refusal = [&]() -> std::string {
    try {
      (void)find_unreferenced(runs.path());
    } catch (const Error& error) {
      return std::to_string(error.exit_code()) + " " + error.what();
    }
    return "accepted";
  };
  runs.write("s/sweep.json", "{\"trials\": [");
  EXPECT_THAT(refusal(),
              testing::AllOf(HasSubstr("2 "), HasSubstr("sweep.json: is no record that imp wrote")));
  runs.write("s/sweep.json", R"({"schema": 1, "trials": [{"trial": "a", "stages": [{"kind": 3}]}]})");
  EXPECT_THAT(refusal(), HasSubstr("has no text 'kind'"));
  runs.write("s/sweep.json", R"({"schema": 2, "cells": []})");
  EXPECT_THAT(refusal(), testing::AllOf(HasSubstr("3 "), HasSubstr("was written by a newer imp (schema 2")));
  EXPECT_THROW((void)find_unreferenced(runs.path() / "nowhere"), Error);
}

}  // namespace
}  // namespace imp::harness
