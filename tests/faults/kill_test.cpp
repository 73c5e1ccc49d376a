// SPDX-License-Identifier: Apache-2.0
// A run that is killed and started again ends with the same bits as one that never was.
#include <gtest/gtest.h>
#include <signal.h>

#include "models/io/file.h"
#include "models/io/hash.h"
#include "tests/faults/tiny_sweep.h"
#include "tests/long.h"

namespace imp::test {
namespace {

constexpr uint64_t kSeed = 20'261'124;

/// 20 random points, 100 with IMP_LONG=1.
int repetitions() {
  return is_long() ? 100 : 20;
}

/// Waits until so many steps are logged, then `delay` seconds more. False if the process ended before.
bool wait_for_steps(const TinySweep& sweep, Process& process, int steps, double delay) {
  while (sweep.steps_logged() < steps) {
    if (!process.running()) return false;
    sleep_seconds(0.003);
  }
  sleep_seconds(delay);
  return process.running();
}

/// A random moment in training or shortly after it: so many steps have been logged, and so many seconds
/// passed since.
struct Moment {
  int steps;
  double delay;
};
Moment random_moment(uint64_t repetition, uint64_t kill) {
  const uint64_t steps = counter_random(kSeed, 2 * kill, repetition) % (kConnectorSteps + kFinetuneSteps - 2);
  const double share = static_cast<double>(counter_random(kSeed, 2 * kill + 1, repetition) % 1000) / 1000;
  return {static_cast<int>(steps), 0.06 * share};
}

void expect_same(const std::map<std::string, std::string>& results,
                 const std::map<std::string, std::string>& expected) {
  for (const auto& [name, content] : expected) {
    ASSERT_TRUE(results.contains(name)) << name;
    EXPECT_TRUE(results.at(name) == content) << name << " differs";
  }
  EXPECT_EQ(results.size(), expected.size());
}

class Killed : public testing::TestWithParam<int> {};

TEST_P(Killed, AndStartedAgainEndsWithTheSameBits) {
  const auto expected = results_of(uninterrupted());
  // A chunk of repetitions a test, so that each stays short.
  for (int repetition = GetParam(); repetition < repetitions(); repetition += 4) {
    const TinySweep sweep;
    sweep.take_pictures_of(uninterrupted());
    const uint64_t kills = repetition % 5 == 4 ? 2 : 1;  // now and then also on the way back
    for (uint64_t kill = 0; kill < kills; ++kill) {
      const Moment moment = random_moment(static_cast<uint64_t>(repetition), kill);
      SCOPED_TRACE(testing::Message() << "killed " << moment.delay << " s after step " << moment.steps);
      Process process(sweep.command());
      if (!wait_for_steps(sweep, process, moment.steps, moment.delay)) continue;
      process.signal(SIGKILL);
      EXPECT_EQ(process.wait().exit_code, -SIGKILL);
      expect_stages_whole(sweep.runs());
    }
    const Finished finished = sweep.run();
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    expect_same(results_of(sweep), expected);
    EXPECT_TRUE(sweep.stages("connector", false).empty() && sweep.stages("finetune", false).empty());
    if (HasFailure()) FAIL() << "repetition " << repetition;
  }
}

INSTANTIATE_TEST_SUITE_P(Quarter, Killed, testing::Range(0, 4));

TEST(KilledWhileDrawingPictures, LeavesNoStageAndTheNextStartWorks) {
  const TinySweep sweep;
  Process process(sweep.command());
  while (process.running() && sweep.stages("data", false).empty()) sleep_seconds(0.001);
  sleep_seconds(0.02);
  process.signal(SIGKILL);
  (void)process.wait();
  expect_stages_whole(sweep.runs());
  const Finished finished = sweep.run();
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  expect_same(results_of(sweep), results_of(uninterrupted()));
}

TEST(CtrlC, StopsWith130AndTheNextStartGoesOnFromTheCheckpoint) {
  const TinySweep sweep;
  sweep.take_pictures_of(uninterrupted());
  Process process(sweep.command());
  ASSERT_TRUE(wait_for_steps(sweep, process, kConnectorSteps + 16, 0.0));
  process.signal(SIGINT);
  const Finished stopped = process.wait();
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_EQ(stopped.out, "");
  EXPECT_NE(stopped.err.find("stopped; the same command goes on from here\n"), std::string::npos)
      << stopped.err;
  expect_stages_whole(sweep.runs());
  const nlohmann::json outcome = sweep.outcome(sweep.only_trial());
  EXPECT_EQ(outcome["status"], "interrupted");
  EXPECT_EQ(outcome["attempts"][0]["stage"], "finetune");
  ASSERT_EQ(sweep.stages("finetune", false).size(), 1u);
  const std::string before = read_file(sweep.stages("finetune", false)[0] / "train.jsonl");

  const Finished finished = sweep.run();
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  // Its seconds too: these steps were not done again.
  EXPECT_TRUE(read_file(sweep.only_trial() / "train.jsonl").starts_with(before));
  expect_same(results_of(sweep), results_of(uninterrupted()));
  const nlohmann::json attempts = sweep.outcome(sweep.only_trial())["attempts"];
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0]["status"], "interrupted");
  EXPECT_EQ(attempts[1]["status"], "done");
  EXPECT_EQ(attempts[1]["attempt"], 2);
}

TEST(CtrlC, TwiceEndsAtOnce) {
  const TinySweep sweep;
  sweep.take_pictures_of(uninterrupted());
  Process process(sweep.command());
  ASSERT_TRUE(wait_for_steps(sweep, process, 5, 0.0));
  process.signal(SIGINT);
  process.signal(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  EXPECT_EQ(sweep.run().exit_code, 0);
  expect_same(results_of(sweep), results_of(uninterrupted()));
}

TEST(TwoProcesses, StartedAtOnceMakeEachStageOnce) {
  const TinySweep sweep;
  sweep.take_pictures_of(uninterrupted());
  Process first(sweep.command()), second(sweep.command());
  EXPECT_EQ(first.wait().exit_code, 0);
  EXPECT_EQ(second.wait().exit_code, 0);
  expect_same(results_of(sweep), results_of(uninterrupted()));
}

}  // namespace
}  // namespace imp::test
