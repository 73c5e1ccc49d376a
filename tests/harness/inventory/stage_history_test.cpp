// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/stage_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/io/error.h"
#include "tests/harness/inventory/made_runs.h"

namespace imp::harness {
namespace {

using test::MadeRuns;
using test::stage_named;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Two finetune stages on features of two encoders of one data set, and an eval of the first.
class StageHistoryTest : public testing::Test {
 protected:
  StageHistoryTest() {
    data_ = runs_.stage("data", 'd', {}, {{"dataset", "scenetext"}, {"train_pictures", 4800}});
    const StageInput siglip = runs_.stage("features", '1', {data_}, {{"encoder", "siglip"}});
    const StageInput clip = runs_.stage("features", '2', {data_}, {{"encoder", "clip"}});
    first_ = runs_.stage("finetune", 'a', {data_, siglip}, {{"lora_rank", 8}, {"epochs", 1}});
    second_ =
        runs_.stage("finetune", 'b', {data_, clip}, {{"lora_rank", 16}, {"epochs", 1}, {"warmup", 2}}, 2);
    eval_ = runs_.stage("eval", 'e', {first_}, {{"benchmark", "scenetext"}});
    runs_.sweep("s", {{.name = "lora_rank=8,seed=1", .stages = {data_, siglip, first_, eval_}},
                      {.name = "lora_rank=16,seed=1", .stages = {data_, clip, second_}, .status = ""}});
  }

  [[nodiscard]] std::string refusal(const std::string& name) const {
    try {
      (void)StageIndex(runs_.path()).named(name);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  MadeRuns runs_;
  StageInput data_, first_, second_, eval_;
};

TEST_F(StageHistoryTest, TellsWhatItIsWhatItIsMadeFromAndWhoUsesIt) {
  const StageIndex index(runs_.path());
  const StageHistory history =
      history_of(index.named("finetune-a"), runs_.path(), index, read_run_folders(runs_.path()));
  EXPECT_THAT(history.inputs,
              ElementsAre("data-dddddddd", "features-11111111", "  data-dddddddd (as above)"));
  EXPECT_THAT(history.users, ElementsAre("s/lora_rank=8,seed=1 (done)"));
  EXPECT_THAT(
      history_as_text(history),
      AllOf(HasSubstr("finetune-" + first_.key + " (version 1 "),
            HasSubstr("made 2026-11-20T10:00:00Z on here (cpu) in 1 min 30 s, 2e+12 FLOPs, at most 1.0 GiB"),
            HasSubstr("parameters:\n  epochs: 1\n  lora_rank: 8\n"), HasSubstr("used by:\n  s/lora_rank=8")));
  EXPECT_EQ(history_as_json(history).at("record").at("parameters").at("lora_rank"), 8);
}

TEST_F(StageHistoryTest, NamesAreFoldersKeysOrTheirBeginnings) {
  const StageIndex index(runs_.path());
  EXPECT_EQ(index.named("finetune-" + first_.key).key, first_.key);
  EXPECT_EQ(index.named(second_.key).key, second_.key);
  EXPECT_EQ(index.named("eval").key, eval_.key);
  EXPECT_EQ(index.named(runs_.stage_folder(data_).string() + "/").key, data_.key);
  EXPECT_THAT(refusal("finetune"), HasSubstr("names 2 stages: finetune-aaaa"));
  EXPECT_THAT(refusal("connector"), HasSubstr("names no finished stage"));
  EXPECT_THAT(refusal(""), HasSubstr("names no finished stage"));
}

TEST_F(StageHistoryTest, TwoStagesDifferInParametersCodeAndWhatTheirInputsDifferIn) {
  const StageIndex index(runs_.path());
  const StageComparison comparison =
      compare_stages(index.named("finetune-b"), index.named("finetune-a"), index);
  std::vector<std::string> lines;
  for (const StageDifference& each : comparison.lines) lines.push_back(as_text(each));
  EXPECT_THAT(lines,
              testing::UnorderedElementsAre("code version: 2, was 1", "lora_rank: 16, was 8",
                                            "warmup: 2, was absent", "features: encoder: clip, was siglip"));
  EXPECT_THAT(compare_stages(index.named("eval"), index.named("eval"), index).lines, IsEmpty());
}

TEST_F(StageHistoryTest, AnInputThatIsGoneIsNamed) {
  std::filesystem::remove_all(runs_.stage_folder(stage_named("features", '1')));
  const StageIndex index(runs_.path());
  const auto history =
      history_of(index.named("finetune-a"), runs_.path(), index, read_run_folders(runs_.path()));
  EXPECT_THAT(history.inputs, ElementsAre("data-dddddddd", "features-11111111 (not there)"));
  const StageComparison comparison =
      compare_stages(index.named("finetune-b"), index.named("finetune-a"), index);
  EXPECT_THAT(as_text(comparison.lines.back()),
              "input: features-" + std::string(32, '2') + ", was features-" + std::string(32, '1'));
}

TEST(WhyAgain, IsWhatTheSweepNowWantsOtherwise) {
  const TemporaryFolder folder;
  folder.write_zoo({"phi", "siglip"});
  const auto plan_of = [&](const std::string& body) {
    return make_plan(
        load_sweep(folder.write("s.yaml", "version: 1\nname: s\nbenchmarks: [scenetext]\n" + body)),
        folder.path() / "runs");
  };
  for (const PlannedStage& stage : plan_of("baseline: {lora_rank: 8}\n").stages) {
    nlohmann::json inputs = nlohmann::json::array();
    for (const StageInput& input : stage.request->inputs)
      inputs.push_back({{"kind", input.kind}, {"key", input.key}});
    folder.write("runs/stages/" + stage.request->folder() + "/stage.json",
                 nlohmann::json{{"kind", stage.request->kind},
                                {"key", stage.request->key},
                                {"version", stage.request->version},
                                {"parameters", stage.request->parameters},
                                {"inputs", inputs}}
                     .dump());
  }
  const StageIndex index(folder.path() / "runs");
  const EarlierStage& finetune = index.named("finetune");
  const auto lines = [&](const EarlierStage& stage, const std::string& body) {
    std::vector<std::string> result;
    for (const StageDifference& each : compare_with_plan(stage, plan_of(body), index).lines)
      result.push_back(as_text(each));
    return result;
  };
  EXPECT_THAT(lines(finetune, "baseline: {lora_rank: 8}\n"), IsEmpty());
  EXPECT_THAT(lines(finetune, "baseline: {lora_rank: 16}\n"), ElementsAre("lora_rank: 16, was 8"));
  EXPECT_THAT(lines(finetune, "vary: {grid: {lora_rank: [16, 8], epochs: [2, 3]}}\n"),
              ElementsAre("epochs: 2, was 1"))
      << "the closest of four";
  // The data lie two stages up: told once, where they begin to differ.
  EXPECT_THAT(lines(index.named("eval"), "baseline: {lora_rank: 8, connector_learning_rate: 0.5}\n"),
              ElementsAre("finetune: connector: connector_learning_rate: 0.5, was 0.001"));
  EXPECT_THROW((void)compare_with_plan(finetune, plan_of("baseline: {pretrain: phi}\n"), index), Error);
}

}  // namespace
}  // namespace imp::harness
