// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/trial_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/inventory/trial_lookup.h"
#include "models/io/error.h"
#include "tests/harness/inventory/made_runs.h"

namespace imp::harness {
namespace {

using test::MadeRuns;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

nlohmann::json outcome(double score, int threads, const std::string& host) {
  return {{"scores", {{{"benchmark", "scenetext"}, {"metric", "vqa_accuracy"}, {"value", score}}}},
          {"provenance",
           {{"host", host}, {"threads", threads}, {"cpu", "EPYC"}, {"started", host + " o'clock"}}}};
}

/// Two ranks on the same features, and a third trial that has not run.
class TrialDifferenceTest : public testing::Test {
 protected:
  TrialDifferenceTest() {
    const StageInput data = runs_.stage("data", 'd');
    const StageInput features = runs_.stage("features", '1', {data});
    const StageInput first = runs_.stage("finetune", 'a', {data, features}, {{"lora_rank", 8}});
    const StageInput second = runs_.stage("finetune", 'b', {data, features}, {{"lora_rank", 16}});
    const StageInput eval_a = runs_.stage("eval", '5', {first}), eval_b = runs_.stage("eval", '6', {second});
    runs_.sweep("ranks", {{.name = "lora_rank=8,seed=1",
                           .stages = {data, features, first, eval_a},
                           .config = {{"lora_rank", 8}, {"epochs", 1}, {"llm", "phi"}},
                           .more = outcome(0.70, 2, "here")},
                          {.name = "lora_rank=16,seed=1",
                           .stages = {data, features, second, eval_b},
                           .config = {{"lora_rank", 16}, {"epochs", 1}, {"llm", "phi"}},
                           .more = outcome(0.75, 16, "there")}});
    runs_.sweep("other", {{.name = "baseline,seed=1",
                           .stages = {data, test::stage_named("finetune", 'c')},
                           .status = "",
                           .config = {{"lora_rank", 8}, {"epochs", 2}, {"llm", "phi"}}}});
  }

  [[nodiscard]] TrialDifference compare(const std::string& a, const std::string& b) const {
    const auto sweeps = read_run_folders(runs_.path());
    return compare_trials(find_trial(sweeps, a), find_trial(sweeps, b), StageIndex(runs_.path()));
  }
  [[nodiscard]] std::string refusal(const std::string& name) const {
    try {
      (void)find_trial(read_run_folders(runs_.path()), name);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  MadeRuns runs_;
};

TEST_F(TrialDifferenceTest, PutsWhatDiffersFirstAndFoldsTheRest) {
  const TrialDifference difference = compare("ranks/lora_rank=8", "lora_rank=16,seed=1");
  ASSERT_THAT(difference.differing, SizeIs(1));
  EXPECT_EQ(difference.differing[0].name, "lora_rank");
  EXPECT_EQ(difference.differing[0].b, 16);
  EXPECT_THAT(difference.alike, SizeIs(2));
  const std::string text = difference_as_text(difference, false);
  EXPECT_THAT(text,
              AllOf(HasSubstr("configuration  A  B\nlora_rank      8  16\n2 keys alike (--all shows them)\n"),
                    Not(HasSubstr("epochs"))));
  EXPECT_THAT(difference_as_text(difference, true), HasSubstr("epochs         1    1\n"));
}

TEST_F(TrialDifferenceTest, TellsWhereTheTreesPart) {
  const TrialDifference difference = compare("ranks/lora_rank=8", "ranks/lora_rank=16");
  std::vector<std::string> parting;
  for (const ComparedStage& stage : difference.stages) {
    EXPECT_EQ(stage.is_shared(), stage.kind == "data" || stage.kind == "features") << stage.kind;
    if (stage.parts_here) parting.push_back(stage.kind);
  }
  EXPECT_THAT(parting, testing::ElementsAre("finetune"));
  EXPECT_THAT(difference_as_text(difference, false),
              AllOf(HasSubstr("shared: data-dddddddd, features-11111111\n"),
                    HasSubstr("finetune  aaaaaaaa  bbbbbbbb  the trees part here: lora_rank: 16, was 8\n"),
                    HasSubstr("eval      55555555  66666666\n")));
}

TEST_F(TrialDifferenceTest, NamesMachinesAndPutsScoresBesideEachOther) {
  const TrialDifference difference = compare("ranks/lora_rank=8", "ranks/lora_rank=16");
  ASSERT_THAT(difference.provenance, SizeIs(2));
  EXPECT_EQ(difference.provenance[0].name, "host");
  EXPECT_EQ(difference.provenance[1].name, "threads");
  EXPECT_THAT(difference_as_text(difference, false),
              HasSubstr("scenetext vqa_accuracy  0.7000  0.7500  +0.0500\n"));
  EXPECT_EQ(difference_as_json(difference).at("scores").at(0).at("b"), 0.75);
}

TEST_F(TrialDifferenceTest, TakesATrialThatHasNotRunFromItsSweepsPlan) {
  const TrialDifference difference = compare("ranks/lora_rank=8", "other");
  EXPECT_EQ(difference.b, "other/baseline,seed=1 (planned)");
  EXPECT_TRUE(difference.scores.empty());
  ASSERT_THAT(difference.differing, SizeIs(1));
  EXPECT_EQ(difference.differing[0].name, "epochs");
}

TEST_F(TrialDifferenceTest, NamesMayBeFoldersAndBeginningsThatOnlyOneHas) {
  EXPECT_EQ(compare((runs_.path() / "ranks" / "lora_rank=8,seed=1").string(), "o/b").a,
            "ranks/lora_rank=8,seed=1 (done)");
  EXPECT_THAT(refusal("ranks"),
              HasSubstr("names 2 trials: ranks/lora_rank=8,seed=1  ranks/lora_rank=16,seed=1; give more"));
  EXPECT_THAT(refusal("ranks/lora_rnk=8,seed=1"), HasSubstr("did you mean 'ranks/lora_rank=8,seed=1'?"));
  EXPECT_THAT(refusal(""), HasSubstr("names no trial"));
}

}  // namespace
}  // namespace imp::harness
