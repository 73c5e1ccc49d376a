// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "models/io/error.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const Sweep& sweep) {
  std::vector<std::string> result;
  for (const Trial& trial : sweep.trials) result.push_back(trial.name);
  return result;
}

Sweep sweep_of(const std::string& body, const std::vector<std::string>& overrides = {},
               const std::string& only = "") {
  const TemporaryFolder folder;
  return load_sweep(folder.write("s.yaml", "version: 1\nname: s\n" + body), overrides, only);
}

std::string refusal(const std::string& body, const std::vector<std::string>& overrides = {},
                    const std::string& only = "") {
  try {
    static_cast<void>(sweep_of(body, overrides, only));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Expand, GridIsTheProductWithTheFirstFactorSlowestAndSeedsFastest) {
  const Sweep sweep = sweep_of("vary: {grid: {lora_rank: [8, 16], epochs: [1, 2]}}\nseeds: [3, 1]\n");
  EXPECT_THAT(names(sweep), ElementsAre("lora_rank=8,epochs=1,seed=3", "lora_rank=8,epochs=1,seed=1",
                                        "lora_rank=8,epochs=2,seed=3", "lora_rank=8,epochs=2,seed=1",
                                        "lora_rank=16,epochs=1,seed=3", "lora_rank=16,epochs=1,seed=1",
                                        "lora_rank=16,epochs=2,seed=3", "lora_rank=16,epochs=2,seed=1"));
  EXPECT_THAT(sweep.seeds, ElementsAre(3, 1));
  ASSERT_EQ(sweep.factors.size(), 2U);
  EXPECT_THAT(sweep.factors[0].levels, ElementsAre("8", "16"));
}

TEST(Expand, GridSizesAreProductsForManyShapes) {
  for (std::size_t a = 1; a <= 4; ++a) {
    for (std::size_t b = 1; b <= 4; ++b) {
      std::string ranks;
      std::string epochs;
      for (std::size_t i = 1; i <= a; ++i) ranks += std::to_string(i) + ",";
      for (std::size_t i = 1; i <= b; ++i) epochs += std::to_string(i) + ",";
      const Sweep sweep =
          sweep_of("vary: {grid: {lora_rank: [" + ranks + "], epochs: [" + epochs + "]}}\nseeds: [1, 2]");
      const std::vector<std::string> all = names(sweep);
      EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), a * b * 2);
      EXPECT_EQ(all.size(), a * b * 2);
    }
  }
}

TEST(Expand, OneFactorAtATimeHasTheBaselineOnce) {
  const Sweep sweep = sweep_of(
      "baseline: {lora_rank: 8, epochs: 1}\nvary: {ofat: {lora_rank: [8, 16], epochs: [1, 2, 3]}}\nseeds: "
      "[1]\n");
  EXPECT_THAT(names(sweep),
              ElementsAre("baseline,seed=1", "lora_rank=16,seed=1", "epochs=2,seed=1", "epochs=3,seed=1"));
  EXPECT_THAT(sweep.trials[1].levels, ElementsAre(std::pair{"lora_rank", "16"}, std::pair{"epochs", "1"}));
}

TEST(Expand, ZipGoesThroughTheLevelsSideBySide) {
  const Sweep sweep = sweep_of("vary: {zip: {lora_rank: [8, 16], lora_alpha: [8, 32]}}\n");
  EXPECT_THAT(names(sweep),
              ElementsAre("lora_rank=8,lora_alpha=8,seed=1", "lora_rank=16,lora_alpha=32,seed=1"));
}

TEST(Expand, ListedCellsKeepTheirOrder) {
  const Sweep sweep = sweep_of("vary: {list: [{lora_rank: 8}, {}, {epochs: 2}]}\n");
  EXPECT_THAT(names(sweep), ElementsAre("lora_rank=8,seed=1", "baseline,seed=1", "epochs=2,seed=1"));
  EXPECT_EQ(sweep.trials[2].levels[0].second, "256");
}

TEST(Expand, ValuesAreDerivedFromOtherKeysOfTheSameCell) {
  const Sweep sweep = sweep_of(
      "baseline: {lora_alpha: '${lora_rank * 2}', connector_seed: \"${seed + 100}\", llm: "
      "'models/${finetune}-${epochs}'}\n"
      "vary: {grid: {lora_rank: [8, 16]}}\nseeds: [7]\n");
  EXPECT_EQ(sweep.trials[0].config.lora_alpha, 16);
  EXPECT_EQ(sweep.trials[1].config.lora_alpha, 32);
  EXPECT_EQ(sweep.trials[1].config.connector_seed, 107);
  EXPECT_EQ(sweep.trials[1].config.llm, "models/lora-1");
}

TEST(Expand, ExcludedCellsAreLeftOut) {
  const Sweep sweep = sweep_of(
      "vary: {grid: {finetune: [lora, full], lora_rank: [8, 16]}}\nexclude: [\"finetune == 'full' && "
      "lora_rank != 8\"]\n");
  EXPECT_THAT(names(sweep),
              ElementsAre("finetune=lora,lora_rank=8,seed=1", "finetune=lora,lora_rank=16,seed=1",
                          "finetune=full,lora_rank=8,seed=1"));
}

TEST(Expand, OnlyKeepsWhatItNamesAndFactorsOfAll) {
  const std::string body = "vary: {grid: {lora_rank: [8, 16]}}\nseeds: [1, 2]\n";
  const Sweep sweep = sweep_of(body, {}, "lora_rank == 16 && seed == 2");
  EXPECT_THAT(names(sweep), ElementsAre("lora_rank=16,seed=2"));
  EXPECT_THAT(sweep.factors[0].levels, ElementsAre("8", "16"));
  EXPECT_THAT(refusal(body, {}, "lora_rank == 9"), HasSubstr("it varies lora_rank = 8 | 16"));
}

TEST(Expand, OverridesSetTheBaseline) {
  const Sweep sweep = sweep_of("baseline: {epochs: 2}\nvary: {grid: {lora_rank: [8]}}\n",
                               {"epochs=3", "seeds=[4, 5]", "lora_alpha=${lora_rank}", "lora_targets="});
  EXPECT_THAT(names(sweep), ElementsAre("lora_rank=8,seed=4", "lora_rank=8,seed=5"));
  EXPECT_EQ(sweep.trials[0].config.epochs, 3);
  EXPECT_EQ(sweep.trials[0].config.lora_alpha, 8);
}

TEST(Expand, OverrideMistakesAreNamed) {
  const std::string body = "vary: {grid: {lora_rank: [8]}}\n";
  EXPECT_EQ(refusal(body, {"epoch=3"}), "--set epoch=3: unknown key 'epoch'; did you mean 'epochs'?");
  EXPECT_EQ(refusal(body, {"epochs"}),
            "--set epochs: an override is key=value, for example --set lora_rank=128");
  EXPECT_EQ(refusal(body, {"epochs=x"}),
            "--set epochs=x: epochs is 'x'; it must be a whole number from 1 to 1000");
  EXPECT_THAT(refusal(body, {"lora_rank=9"}), HasSubstr("lora_rank is varied by the sweep"));
  EXPECT_THAT(refusal(body, {"seed=9"}), HasSubstr("write --set seeds=[1]"));
}

TEST(Expand, ParentsGiveWayKeyByKeyAndMapsMerge) {
  const TemporaryFolder folder;
  folder.write(
      "profiles/grandparent.yaml",
      "version: 1\nname: old\nbaseline: {epochs: 5, batch_size: 4, micro_batch: 2}\nseeds: [1, 2, 3]\n");
  folder.write("profiles/parent.yaml",
               "version: 1\nextends: grandparent.yaml\nbaseline: {epochs: 6, lora_rank: 8}\n"
               "vary: {ofat: {lora_rank: [1]}}\nretry: {attempts: 4}\n");
  const Sweep sweep = load_sweep(
      folder.write("s.yaml",
                   "version: 1\nname: s\nextends: profiles/parent.yaml\nbaseline: {lora_rank: 16}\n"
                   "vary: {grid: {lora_alpha: [1, 2]}}\nseeds: [9]\nretry: {oom: fail}\n"));
  EXPECT_THAT(names(sweep), ElementsAre("lora_alpha=1,seed=9", "lora_alpha=2,seed=9"));
  EXPECT_EQ(sweep.trials[0].config.epochs, 6);
  EXPECT_EQ(sweep.trials[0].config.batch_size, 4);
  EXPECT_EQ(sweep.trials[0].config.lora_rank, 16);
  EXPECT_EQ(sweep.spec.name, "s");
  EXPECT_EQ(sweep.spec.retry.attempts, 4);
  EXPECT_EQ(sweep.spec.retry.oom, "fail");
}

TEST(Expand, MistakeOfAParentIsPlacedInTheParent) {
  const TemporaryFolder folder;
  folder.write("p.yaml", "version: 1\nbaseline:\n  epochs: 0\n");
  const auto file = folder.write("s.yaml", "version: 1\nname: s\nextends: p.yaml\n");
  try {
    static_cast<void>(load_sweep(file));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("p.yaml:3:11: epochs is 0, out of bounds; it must be a whole number from 1"));
  }
}

TEST(Expand, NamesAreSafeForFoldersAndUnique) {
  const Sweep sweep =
      sweep_of("vary: {list: [{llm: a/model}, {llm: b/model}, {llm: 'x y*'}, {lora_targets: '" +
               std::string(300, 'q') + "'}, {lora_targets: '" + std::string(301, 'q') +
               "'}, {lora_targets: '..'}]}\n");
  std::set<std::string> seen;
  for (const std::string& name : names(sweep)) {
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_LE(name.size(), 143U);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._=,+-"),
              std::string::npos)
        << name;
  }
}

TEST(Expand, TooManyCellsAreRefusedBeforeTheyAreMade) {
  std::string levels;
  for (int i = 1; i <= 900; ++i) levels += std::to_string(i) + ",";
  const std::string list = "[" + levels + "]";
  EXPECT_THAT(
      refusal("vary: {grid: {lora_rank: " + list + ", epochs: " + list + ", lora_alpha: " + list +
              ", max_steps: " + list + ", eval_batch: " + list + ", train_pictures: " + list + "}}\n"),
      HasSubstr("at most 200000 are planned"));
}

}  // namespace
}  // namespace imp::harness
