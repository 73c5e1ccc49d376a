// SPDX-License-Identifier: Apache-2.0
// `vary` as a list of blocks: which cells there are, what they are called, and which of them are compared.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/plan/expand.h"
#include "harness/plan/schema.h"
#include "models/io/error.h"
#include "results/effects/comparison.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Sweep sweep_of(const std::string& body, const std::vector<std::string>& overrides = {}) {
  const TemporaryFolder folder;
  return load_sweep(folder.write("s.yaml", "version: 1\nname: s\n" + body), overrides);
}

std::vector<std::string> names(const Sweep& sweep) {
  std::vector<std::string> result;
  for (const Trial& trial : sweep.trials) result.push_back(trial.name);
  return result;
}

/// The comparisons that the report will make, as `factor: from -> to (matched groups)` and what else differs.
std::vector<std::string> comparisons(const Sweep& sweep) {
  std::vector<results::ComparedFactor> factors;
  for (const FactorLevels& factor : sweep.factors) factors.push_back({factor.name, factor.levels});
  std::vector<results::ComparedCell> cells;
  for (const Trial& trial : sweep.trials) {
    results::ComparedCell cell;
    for (const auto& [name, level] : trial.levels) {
      cell.levels.push_back(level);
      cell.settings[name] = level;
    }
    cells.push_back(std::move(cell));
  }
  std::vector<std::string> lines;
  for (const results::Comparison& found : results::level_comparisons(factors, cells)) {
    lines.push_back(
        fmt::format("{}: {} -> {} ({})", found.factor, found.from_level, found.to_level, found.groups));
    for (const std::string& name : found.also_differ) lines.back() += " also " + name;
  }
  return lines;
}

constexpr const char* kRanksAndFull =
    "vary:\n"
    "  - grid: {lora_rank: [8, 16]}\n"
    "  - baseline: {finetune: full, lora_rank: 0}\n"
    "    grid: {learning_rate: [0.0001, 0.0002]}\n";

TEST(JoinedBlocks, HaveTheirCellsInOrderAndAreNamedByWhatTheySet) {
  const Sweep sweep = sweep_of(std::string(kRanksAndFull) + "seeds: [1, 2]\n");
  EXPECT_THAT(names(sweep),
              ElementsAre("lora_rank=8,seed=1", "lora_rank=8,seed=2", "lora_rank=16,seed=1",
                          "lora_rank=16,seed=2", "finetune=full,lora_rank=0,learning_rate=0.0001,seed=1",
                          "finetune=full,lora_rank=0,learning_rate=0.0001,seed=2",
                          "finetune=full,lora_rank=0,learning_rate=0.0002,seed=1",
                          "finetune=full,lora_rank=0,learning_rate=0.0002,seed=2"));
  std::vector<std::string> factors;
  for (const FactorLevels& factor : sweep.factors) factors.push_back(factor.name);
  EXPECT_THAT(factors, ElementsAre("lora_rank", "finetune", "learning_rate"));
  EXPECT_THAT(sweep.trials[0].levels,
              ElementsAre(Pair("lora_rank", "8"), Pair("finetune", "lora"), Pair("learning_rate", "0.0002")));
  EXPECT_THAT(sweep.trials[4].levels,
              ElementsAre(Pair("lora_rank", "0"), Pair("finetune", "full"), Pair("learning_rate", "0.0001")));
}

TEST(JoinedBlocks, HaveACellThatTheyShareOnce) {
  const Sweep sweep = sweep_of(
      "baseline: {lora_rank: 8, epochs: 1}\n"
      "vary:\n"
      "  - grid: {lora_rank: [8, 16]}\n"
      "  - ofat: {epochs: [1, 2]}\n"
      "  - list: [{lora_rank: 16}, {lora_rank: 16, epochs: 2}]\n"
      "  - baseline: {epochs: 2}\n"
      "    zip: {lora_rank: [16, 32], lora_alpha: [256, 256]}\n");
  EXPECT_THAT(names(sweep),
              ElementsAre("lora_rank=8,seed=1", "lora_rank=16,seed=1", "epochs=2,seed=1",
                          "lora_rank=16,epochs=2,seed=1", "epochs=2,lora_rank=32,lora_alpha=256,seed=1"));
}

TEST(JoinedBlocks, ExcludeTheirOwnCellsBesideTheFiles) {
  const Sweep sweep = sweep_of(
      "vary:\n"
      "  - grid: {lora_rank: [8, 16, 32]}\n"
      "    exclude: [\"lora_rank == 16\"]\n"
      "  - grid: {lora_rank: [16, 32], epochs: [2]}\n"
      "exclude: [\"lora_rank == 32\"]\n");
  EXPECT_THAT(names(sweep), ElementsAre("lora_rank=8,seed=1", "lora_rank=16,epochs=2,seed=1"));
}

TEST(JoinedBlocks, DeriveValuesFromTheirOwnBaseline) {
  const Sweep sweep = sweep_of(
      "baseline: {lora_alpha: '${lora_rank * epochs}'}\n"
      "vary:\n"
      "  - list: [{lora_rank: 8}]\n"
      "  - {baseline: {epochs: 3}, list: [{lora_rank: 8}]}\n");
  EXPECT_EQ(sweep.trials[0].config.lora_alpha, 8);
  EXPECT_EQ(sweep.trials[1].config.lora_alpha, 24);
  EXPECT_EQ(origin_of(sweep.trials[1], sweep.spec, "epochs").line, 6);
  EXPECT_EQ(origin_of(sweep.trials[1], sweep.spec, "lora_rank").line, 6);
  EXPECT_EQ(origin_of(sweep.trials[0], sweep.spec, "lora_alpha").line, 3);
}

TEST(JoinedBlocks, RefuseAnOverrideThatOneOfThemSetsAnyway) {
  for (const char* override_ : {"lora_rank=4", "finetune=projector", "learning_rate=1e-3"}) {
    try {
      static_cast<void>(sweep_of(kRanksAndFull, {override_}));
      ADD_FAILURE() << override_ << " was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("is varied by the sweep"));
    }
  }
  EXPECT_EQ(sweep_of(kRanksAndFull, {"epochs=2"}).trials[3].config.epochs, 2);
}

TEST(JoinedBlocks, AreComparedWhereTheirCellsDifferInOneFactorAlone) {
  // The second block repeats the first one's ranks under two epochs: over both, epochs is a factor of a grid.
  EXPECT_THAT(comparisons(sweep_of("vary:\n"
                                   "  - grid: {lora_rank: [8, 16]}\n"
                                   "  - baseline: {epochs: 2}\n"
                                   "    grid: {lora_rank: [8, 16]}\n")),
              ElementsAre("lora_rank: 8 -> 16 (2)", "epochs: 1 -> 2 (2)"));
  // No two cells differ in finetune alone; rank 0 goes with full finetuning only, and is told so.
  EXPECT_THAT(comparisons(sweep_of(kRanksAndFull)),
              ElementsAre("lora_rank: 8 -> 16 (1)", "lora_rank: 8 -> 0 (1) also finetune",
                          "lora_rank: 16 -> 0 (1) also finetune", "learning_rate: 0.0002 -> 0.0001 (1)"));
  // A block of one factor at a time around a cell that the grid has.
  EXPECT_THAT(
      comparisons(sweep_of("baseline: {lora_rank: 8, epochs: 1}\n"
                           "vary:\n"
                           "  - grid: {lora_rank: [8, 16]}\n"
                           "  - ofat: {epochs: [2], learning_rate: [0.0001]}\n")),
      ElementsAre("lora_rank: 8 -> 16 (1)", "epochs: 1 -> 2 (1)", "learning_rate: 0.0002 -> 0.0001 (1)"));
}

TEST(JoinedBlocks, AreInTheSchema) {
  const nlohmann::ordered_json vary = sweep_schema().at("properties").at("vary").at("anyOf");
  ASSERT_EQ(vary.size(), 2U);
  EXPECT_EQ(vary[0].at("properties").at("grid").dump(), R"({"$ref":"#/$defs/factors"})");
  EXPECT_FALSE(vary[0].at("properties").contains("baseline")) << "a single block has the file's";
  const nlohmann::ordered_json& block = vary[1].at("items");
  EXPECT_EQ(block.at("properties").at("baseline").dump(), R"({"$ref":"#/$defs/configuration"})");
  EXPECT_EQ(block.at("oneOf").size(), 4U);
}

}  // namespace
}  // namespace imp::harness
