// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/removal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/inventory/made_runs.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using test::MadeRuns;
using test::stage_named;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::shared_ptr<void> no_claim(const StageInput&) {
  return nullptr;
}

Removal remove_all(const MadeRuns& runs, const ClaimStage& claim = no_claim) {
  return remove_leftovers(runs.path(), find_unreferenced(runs.path()).leftovers, claim);
}

std::set<std::string> stages_in(const MadeRuns& runs) {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(runs.path() / "stages"))
    names.insert(entry.path().filename().string());
  return names;
}

TEST(Removal, TakesLeftoversAndNothingElse) {
  const MadeRuns runs;
  const StageInput used = runs.stage("data", 'a');
  runs.stage("finetune", 'b');
  runs.unfinished("finetune", 'c');
  runs.sweep("s", {{.name = "a", .stages = {used}}});
  runs.write("notes.txt", "mine");
  std::vector<std::string> claimed;
  const Removal removal = remove_all(runs, [&](const StageInput& stage) {
    claimed.push_back(stage.kind + stage.key.substr(0, 1));
    return std::shared_ptr<void>();
  });
  EXPECT_THAT(removal.removed, SizeIs(2));
  EXPECT_THAT(claimed, testing::UnorderedElementsAre("finetuneb", "finetunec"));
  EXPECT_THAT(stages_in(runs), ElementsAre("data-" + used.key));
  EXPECT_EQ(read_file(runs.path() / "notes.txt"), "mine");
  for (const fs::directory_entry& entry : fs::directory_iterator(runs.path()))
    EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::StartsWith(".trash")));
}

TEST(Removal, DeletesALinkAndNotWhatItLeadsTo) {
  const MadeRuns runs;
  const TemporaryFolder outside;
  outside.write("keep/file", "mine");
  const StageInput stage = runs.stage("finetune", 'a');
  fs::create_directory_symlink(outside.path() / "keep", runs.stage_folder(stage) / "part" / "link");
  MadeRuns::age(runs.stage_folder(stage));
  EXPECT_THAT(remove_all(runs).removed, SizeIs(1));
  EXPECT_EQ(read_file(outside.path() / "keep" / "file"), "mine");
}

TEST(Removal, KeepsAStageThatASweepTookUpMeanwhile) {
  const MadeRuns runs;
  const StageInput stage = runs.stage("finetune", 'a');
  runs.stage("finetune", 'b');
  const auto found = find_unreferenced(runs.path()).leftovers;
  const Removal removal = remove_leftovers(runs.path(), found, [&](const StageInput& claimed) {
    // Another process records its sweep while this one waits for the claim.
    if (claimed == stage) runs.sweep("new", {{.name = "a", .stages = {stage}, .status = ""}});
    return std::shared_ptr<void>();
  });
  EXPECT_THAT(removal.removed, SizeIs(1));
  ASSERT_THAT(removal.kept, SizeIs(1));
  EXPECT_EQ(removal.kept[0].reason, "a sweep refers to it now");
  EXPECT_TRUE(fs::exists(runs.stage_folder(stage) / "stage.json"));
}

TEST(Removal, KeepsAStageThatWasWrittenToMeanwhile) {
  const MadeRuns runs;
  const StageInput stage = runs.unfinished("finetune", 'a');
  const auto found = find_unreferenced(runs.path()).leftovers;
  runs.write("stages/.making-finetune-" + stage.key + "/train.jsonl", "{}");
  EXPECT_THAT(remove_leftovers(runs.path(), found, no_claim).removed, IsEmpty());
  EXPECT_TRUE(fs::exists(runs.path() / "stages" / (".making-finetune-" + stage.key) / "checkpoint"));
}

TEST(Removal, FinishesWhatAnEarlierOneLeft) {
  const MadeRuns runs;
  runs.write(".trash-1-2/0-finetune/weights", "half gone");
  EXPECT_THAT(remove_all(runs).removed, SizeIs(1));
  EXPECT_FALSE(fs::exists(runs.path() / ".trash-1-2"));
}

/// All that the sweeps' records lead to, by another way than the code's: going over all stages until nothing
/// new is reached.
std::set<std::string> reachable(const std::map<std::string, std::vector<StageInput>>& inputs,
                                const std::vector<StageInput>& roots) {
  std::set<std::string> reached;
  for (const StageInput& root : roots) reached.insert(root.kind + "-" + root.key);
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [name, of] : inputs)
      if (reached.contains(name))
        for (const StageInput& input : of) grew |= reached.insert(input.kind + "-" + input.key).second;
  }
  return reached;
}

TEST(Removal, LeavesExactlyWhatIsReachableInRandomFolders) {
  std::mt19937 random(5);
  for (int round = 0; round < 12; ++round) {
    const MadeRuns runs;
    const std::string digits = "0123456789abcdef";
    std::map<std::string, std::vector<StageInput>> inputs;
    std::vector<StageInput> all, roots;
    for (const char digit : digits) {
      std::vector<StageInput> of;
      for (const StageInput& earlier : all)
        if (random() % 6 == 0) of.push_back(earlier);
      all.push_back(runs.stage(random() % 2 == 0 ? "features" : "finetune", digit, of));
      inputs[all.back().kind + "-" + all.back().key] = of;
      if (random() % 8 == 0) roots.push_back(all.back());
    }
    runs.sweep("s", {{.name = "a", .stages = roots}});
    (void)remove_all(runs);
    EXPECT_EQ(stages_in(runs), reachable(inputs, roots)) << "round " << round;
  }
}

}  // namespace
}  // namespace imp::harness
