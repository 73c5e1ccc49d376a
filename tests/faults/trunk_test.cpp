// SPDX-License-Identifier: Apache-2.0
// Trials that go on from a common trunk end with the bits of trials trained in one piece, killed or not.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "models/io/file.h"
#include "results/results_database.h"
#include "tests/faults/tiny_sweep.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;

const TinySweep::Settings kSettings{
    {"schedule", "warmup_stable_decay"}, {"cooldown_ratio", "0.3"}, {"max_steps", "0"}};
constexpr const char* kEpochs = "  list: [{epochs: 1}, {epochs: 2}, {epochs: 3}]\n";
constexpr int kStepsAnEpoch = 20, kCooldown = 6;

/// The sweep with all three trials, run once.
const TinySweep& together() {
  static const TinySweep sweep(kSettings, kEpochs);
  static const Finished finished = [] {
    sweep.take_pictures_of(uninterrupted());
    return sweep.run();
  }();
  if (finished.exit_code != 0) throw std::runtime_error("the sweep failed: " + finished.err);
  return sweep;
}

/// What stage 2 left of each trial, by stage and file: weights, and logs but for their seconds.
std::map<std::string, std::string> trained(const TinySweep& sweep) {
  std::map<std::string, std::string> files;
  for (const fs::path& stage : sweep.stages("finetune")) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(stage)) {
      const std::string name = fs::relative(entry.path(), stage.parent_path());
      if (entry.path().extension() == ".safetensors") files[name] = read_file(entry.path());
      if (entry.path().filename() == "train.jsonl") files[name] = without_seconds(entry.path());
    }
  }
  return files;
}

TEST(Trunk, GivesEachTrialTheBitsOfOnePiece) {
  const auto shared = trained(together());
  EXPECT_EQ(shared.size(), 9u);  // projector, adapter and log of three trials
  for (const char* epochs : {"1", "2", "3"}) {
    const TinySweep alone(kSettings, std::string("  list: [{epochs: ") + epochs + "}]\n");
    alone.take_pictures_of(uninterrupted());
    const Finished finished = alone.run();
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_TRUE(alone.stages("trunk").empty());
    const auto whole = trained(alone);
    EXPECT_EQ(whole.size(), 3u);
    for (const auto& [name, content] : whole) {
      ASSERT_TRUE(shared.contains(name)) << name;  // the same stage, by its key
      EXPECT_TRUE(shared.at(name) == content) << epochs << " epochs: " << name << " differs";
    }
  }
}

TEST(Trunk, IsTrainedOnceAndEachTrialHasItsWholeLog) {
  const std::vector<fs::path> trunks = together().stages("trunk");
  ASSERT_EQ(trunks.size(), 2u);
  std::vector<int64_t> lengths;
  for (const fs::path& trunk : trunks) {
    const std::string log = read_file(trunk / "train.jsonl");
    lengths.push_back(std::count(log.begin(), log.end(), '\n'));
  }
  std::sort(lengths.begin(), lengths.end());
  EXPECT_EQ(lengths, (std::vector<int64_t>{kStepsAnEpoch - kCooldown, 2 * kStepsAnEpoch - kCooldown}));
  for (int epochs = 1; epochs <= 3; ++epochs) {
    const fs::path trial = together().sweep_folder() / ("epochs=" + std::to_string(epochs) + ",seed=1");
    const std::string log = read_file(trial / "train.jsonl");
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), epochs * kStepsAnEpoch);
    const nlohmann::json outcome = together().outcome(trial);
    int census = 0;
    for (const auto& row : outcome["rows"]) census += row["stage"] == "finetune" ? 1 : 0;
    EXPECT_LE(census, 1);
    for (const auto& row : outcome["rows"]) EXPECT_NE(row["stage"], "trunk");
  }
}

TEST(Trunk, ATrialOfOnePieceStandsBesideThoseThroughTrunks) {
  const TinySweep sweep(kSettings, kEpochs);
  sweep.take_pictures_of(uninterrupted());
  const auto done = [&] {
    results::Database database = results::open_results(sweep.database(), results::Access::read);
    return database.integer("SELECT count(*) FROM v_cells WHERE status = 'done'");
  };
  ASSERT_EQ(sweep.run({"--only", "epochs == 2"}).exit_code, 0);
  EXPECT_TRUE(sweep.stages("trunk").empty());
  EXPECT_EQ(done(), 1);
  ASSERT_EQ(sweep.run().exit_code, 0);
  EXPECT_EQ(done(), 3);
  EXPECT_TRUE(trained(sweep) == trained(together()));
}

TEST(Trunk, KilledInTheMiddleAndStartedAgainGivesTheSameBits) {
  // In the first trunk, the first cooldown, the second trunk and the last trial: logs of 14, 20, 34, 40 and
  // 60 steps one after another, each but the first begun with its trunk's.
  for (const int steps : {8, 30, 55, 150}) {
    SCOPED_TRACE(testing::Message() << "killed after step " << steps);
    const TinySweep sweep(kSettings, kEpochs);
    sweep.take_pictures_of(uninterrupted());
    for (const fs::path& connector : together().stages("connector"))
      fs::copy(connector, sweep.runs() / "stages" / connector.filename(), fs::copy_options::recursive);
    Process process(sweep.command());
    while (process.running() && sweep.steps_logged() < kConnectorSteps + steps) sleep_seconds(0.002);
    process.signal(SIGKILL);
    EXPECT_EQ(process.wait().exit_code, -SIGKILL);
    expect_stages_whole(sweep.runs());
    const Finished finished = sweep.run();
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_TRUE(trained(sweep) == trained(together()));
    EXPECT_TRUE(sweep.stages("trunk", false).empty());
  }
}

}  // namespace
}  // namespace imp::test
