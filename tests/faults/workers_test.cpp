// SPDX-License-Identifier: Apache-2.0
// Workers and coordinators that are killed at any moment, alone or together, lose nothing and do nothing
// twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <iterator>

#include "models/io/file.h"
#include "models/io/hash.h"
#include "tests/faults/sweep_results.h"
#include "tests/long.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr uint64_t kSeed = 20'261'127;
constexpr int kTrials = 4, kConnector = 9, kFinetune = 15;

/// Four trials that share data, features and stage 1.
class FourTrials : public TinySweep {
 public:
  FourTrials()
      : TinySweep(
            {{"connector_max_steps", std::to_string(kConnector)}, {"max_steps", std::to_string(kFinetune)}},
            "  grid: {lora_rank: [2, 4, 6, 8]}\n") {
    take_pictures_of(uninterrupted());
  }
  [[nodiscard]] std::vector<std::string> in_workers(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = command({"--jobs", "2"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

/// The same sweep, run in one process and left in peace.
const FourTrials& undisturbed() {
  static const FourTrials sweep;
  static const Finished finished = sweep.run();
  if (finished.exit_code != 0) throw std::runtime_error("the undisturbed run failed: " + finished.err);
  return sweep;
}

/// Processes whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::ifstream list("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

/// A worker that does a unit, of those that there are; nothing if none is there.
pid_t some_worker(pid_t coordinator, uint64_t random) {
  const std::vector<pid_t> workers = children_of(coordinator);
  return workers.empty() ? 0 : workers[random % workers.size()];
}

enum class Victim { worker, coordinator, both };

/// Kills at random moments until so many kills are done, each time starting the sweep again if it ended.
class Killer {
 public:
  Killer(Victim victim, uint64_t repetition) : victim_(victim), repetition_(repetition) {}

  void run(const FourTrials& sweep, int kills) {
    while (done_ < kills) {
      Process coordinator(sweep.in_workers({"--set", "retry={attempts: 50}"}));
      while (done_ < kills && coordinator.running() && strike(sweep, coordinator)) {
      }
      if (victim_ == Victim::worker) {
        const Finished finished = coordinator.wait();
        EXPECT_EQ(finished.exit_code, 0) << finished.err;
        if (sweep_is_done(sweep)) return;
      } else {
        (void)coordinator.wait();  // killed or finished
        if (sweep_is_done(sweep)) return;
      }
    }
  }
  [[nodiscard]] int done() const { return done_; }

 private:
  [[nodiscard]] uint64_t random(uint64_t stream) const {
    return counter_random(kSeed + static_cast<uint64_t>(victim_), stream,
                          1000 * repetition_ + static_cast<uint64_t>(done_));
  }
  static bool sweep_is_done(const FourTrials& sweep) {
    return trials_of(sweep).size() == kTrials && sweep.stages("eval").size() == kTrials;
  }

  /// Waits for a random number of further steps and a moment, then kills. Returns whether the coordinator is
  /// left to go on.
  bool strike(const FourTrials& sweep, Process& coordinator) {
    const int steps = sweep.steps_logged() + static_cast<int>(random(0) % 6);
    const double limit = now_seconds() + 0.3 + 0.001 * static_cast<double>(random(1) % 1200);
    while (sweep.steps_logged() < steps && now_seconds() < limit && coordinator.running())
      sleep_seconds(0.003);
    sleep_seconds(0.0001 * static_cast<double>(random(2) % 600));
    if (!coordinator.running()) return false;
    const pid_t worker = victim_ == Victim::coordinator ? 0 : some_worker(coordinator.pid(), random(3));
    if (victim_ != Victim::coordinator && worker == 0) return true;  // between two workers
    const bool worker_first = random(4) % 2 == 0;
    if (worker != 0 && worker_first) ::kill(worker, SIGKILL);
    if (victim_ != Victim::worker) coordinator.signal(SIGKILL);
    if (worker != 0 && !worker_first) ::kill(worker, SIGKILL);
    ++done_;
    if (victim_ == Victim::worker) return true;
    EXPECT_EQ(coordinator.wait().exit_code, -SIGKILL);
    expect_stages_whole(sweep.runs());
    return false;
  }

  Victim victim_;
  uint64_t repetition_;
  int done_ = 0;
};

class KilledAtRandom : public testing::TestWithParam<std::tuple<Victim, int>> {};

TEST_P(KilledAtRandom, LosesNothingAndDoesNothingTwice) {
  const auto [victim, repetition] = GetParam();
  const int wanted = is_long() ? 50 : 7;
  int points = 0;
  for (uint64_t round = 0; points < wanted; ++round) {
    const FourTrials sweep;
    Killer killer(victim, 100 * static_cast<uint64_t>(repetition) + round);
    killer.run(sweep, wanted - points);
    points += killer.done();
    const Finished finished = run_program(sweep.in_workers({"--set", "retry={attempts: 50}"}));
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    expect_as_if_undisturbed(sweep, undisturbed());
    if (HasFailure()) FAIL() << "round " << round << " of repetition " << repetition;
    ASSERT_LT(round, 200u) << "no moment to kill at was found";
  }
}

INSTANTIATE_TEST_SUITE_P(Workers, KilledAtRandom,
                         testing::Combine(testing::Values(Victim::worker), testing::Range(0, 2)));
INSTANTIATE_TEST_SUITE_P(Coordinators, KilledAtRandom,
                         testing::Combine(testing::Values(Victim::coordinator), testing::Range(0, 2)));
INSTANTIATE_TEST_SUITE_P(Both, KilledAtRandom,
                         testing::Combine(testing::Values(Victim::both), testing::Range(0, 2)));

TEST(KilledWorker, IsAnAttemptWithItsSignalAndTheTrialIsTriedAgain) {
  const FourTrials sweep;
  Process coordinator(sweep.in_workers({"--set", "retry={attempts: 3}"}));
  while (coordinator.running() && sweep.steps_logged() < kConnector + 4) sleep_seconds(0.003);
  const pid_t worker = some_worker(coordinator.pid(), 0);
  ASSERT_NE(worker, 0);
  ::kill(worker, SIGSEGV);
  const Finished finished = coordinator.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("killed by SIGSEGV"));
  int died = 0;
  for (const fs::path& trial : trials_of(sweep)) {
    const nlohmann::json outcome = sweep.outcome(trial);
    for (const nlohmann::json& attempt : outcome["attempts"]) {
      if (attempt["status"] == "done") continue;
      ++died;
      EXPECT_EQ(attempt["error_type"], "worker_died");
      EXPECT_EQ(attempt["error_message"], "its process ended: killed by SIGSEGV");
      EXPECT_EQ(attempt["stage"], "finetune");
    }
  }
  EXPECT_EQ(died, 1);
  expect_as_if_undisturbed(sweep, undisturbed());
}

TEST(KilledWorker, WithoutRetryFailsItsTrialAndTheOthersGoOn) {
  const FourTrials sweep;
  Process coordinator(sweep.in_workers());
  while (coordinator.running() && sweep.steps_logged() < kConnector + 4) sleep_seconds(0.003);
  ::kill(some_worker(coordinator.pid(), 0), SIGKILL);
  EXPECT_EQ(coordinator.wait().exit_code, 1);
  EXPECT_EQ(sweep.stages("eval").size(), static_cast<size_t>(kTrials) - 1);
  EXPECT_EQ(run_program(sweep.in_workers()).exit_code, 0);
  expect_as_if_undisturbed(sweep, undisturbed());
}

TEST(KilledCoordinator, LeavesWorkersThatEndTheirTrialsAndTheNextOneTakesTheseOver) {
  const FourTrials sweep;
  {
    Process coordinator(sweep.in_workers());
    while (coordinator.running() && sweep.steps_logged() < kConnector + 4) sleep_seconds(0.003);
    coordinator.signal(SIGKILL);
    EXPECT_EQ(coordinator.wait().exit_code, -SIGKILL);
  }
  const Finished finished = run_program(sweep.in_workers());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  expect_as_if_undisturbed(sweep, undisturbed());
  for (const fs::path& trial : trials_of(sweep))
    EXPECT_EQ(sweep.outcome(trial)["attempts"].size(), 1u) << trial << " was begun twice";
}

TEST(TwoCoordinators, ShareTheTrialsOfASweep) {
  const FourTrials sweep;
  Process first(sweep.in_workers()), second(sweep.in_workers()), third(sweep.command());
  for (Process* coordinator : {&first, &second, &third}) {
    const Finished finished = coordinator->wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
  }
  expect_as_if_undisturbed(sweep, undisturbed());
  for (const fs::path& trial : trials_of(sweep))
    EXPECT_EQ(sweep.outcome(trial)["attempts"].size(), 1u) << trial << " was begun twice";
}

TEST(StoppedWorkers, SaveAndLeaveWithTheCodeOfTheSignal) {
  for (const auto& [signal, code] :
       {std::pair(SIGINT, 130), std::pair(SIGTERM, 75), std::pair(SIGUSR2, 75)}) {
    const FourTrials sweep;
    Process coordinator(sweep.in_workers());
    while (coordinator.running() && sweep.steps_logged() < kConnector + 5) sleep_seconds(0.003);
    coordinator.signal(signal);
    const Finished stopped = coordinator.wait();
    EXPECT_EQ(stopped.exit_code, code) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("stopped; the same command goes on from here\n"));
    EXPECT_FALSE(sweep.stages("finetune", false).empty()) << "nothing is left to go on from";
    for (const fs::path& trial : trials_of(sweep)) {
      EXPECT_THAT(sweep.outcome(trial)["status"].get<std::string>(), testing::AnyOf("interrupted", "done"));
    }
    EXPECT_EQ(run_program(sweep.in_workers()).exit_code, 0);
    expect_as_if_undisturbed(sweep, undisturbed());
  }
}

TEST(StoppedWorkers, AreKilledByTheSecondCtrlC) {
  const FourTrials sweep;
  Process coordinator(sweep.in_workers());
  while (coordinator.running() && sweep.steps_logged() < kConnector + 3) sleep_seconds(0.003);
  coordinator.signal(SIGINT);
  coordinator.signal(SIGINT);
  EXPECT_EQ(coordinator.wait(30).exit_code, 130);
  EXPECT_EQ(run_program(sweep.in_workers()).exit_code, 0);
  expect_as_if_undisturbed(sweep, undisturbed());
}

/// Changes one byte in the middle of a file.
void flip_a_byte(const fs::path& file) {
  std::string content = read_file(file);
  content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x10);
  std::ofstream(file, std::ios::binary) << content;
}

TEST(FlippedByte, InAFinishedStageIsFoundByWhatIsMadeFromItAndTheStageIsMadeAgain) {
  for (const bool in_workers : {false, true}) {
    const FourTrials sweep;
    ASSERT_EQ(sweep.run({"--only", "lora_rank == 2"}).exit_code, 0);
    const fs::path projector = sweep.stages("connector").at(0) / "projector.safetensors";
    flip_a_byte(projector);
    const Finished finished = in_workers ? run_program(sweep.in_workers()) : sweep.run();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("projector.safetensors is not what was written; it is moved aside"));
    int set_aside = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(sweep.runs() / "stages")) {
      if (!entry.path().filename().string().starts_with(".damaged-connector-")) continue;
      ++set_aside;
      fs::remove_all(entry.path());
    }
    EXPECT_EQ(set_aside, 1);
    expect_as_if_undisturbed(sweep, undisturbed());
  }
}

TEST(CopiedRuns, AreFinishedWhereTheyAre) {
  FourTrials sweep;
  fs::remove_all(sweep.runs());
  fs::copy(undisturbed().runs(), sweep.runs(), fs::copy_options::recursive);
  fs::remove_all(sweep.stages("finetune").at(0));
  const Finished finished = run_program(sweep.in_workers());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const auto expected = all_results_of(undisturbed());
  EXPECT_EQ(all_results_of(sweep).size(), expected.size());
  for (const auto& [name, content] : all_results_of(sweep)) EXPECT_TRUE(content == expected.at(name)) << name;
}

}  // namespace
}  // namespace imp::test
