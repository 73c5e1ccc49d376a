// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/stage_store.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/train/training_loop.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

class Stages : public testing::Test {
 protected:
  [[nodiscard]] Lease claim(const StageRequest& request) const { return store_.claim(request, never_); }
  [[nodiscard]] Lease claim() const { return claim(request_); }

  const std::atomic<bool> never_{false};
  const TemporaryFolder folder_;
  const StageStore store_{folder_.path() / "runs"};
  const StageRequest request_ =
      make_request("finetune", {{"rank", 8}}, {{"data", "0123456789abcdef0123456789abcdef"}});
  const fs::path finished_ = store_.folder(request_.kind, request_.key);
};

TEST_F(Stages, AreAbsentUntilPublishedAndThenWhole) {
  const Lease lease = claim();
  const fs::path aside = store_.begin(request_, lease, false);
  write_file_atomically(aside / "weights" / "a.bin", "abc");
  EXPECT_FALSE(store_.has(request_));
  EXPECT_FALSE(fs::exists(finished_));
  store_.publish(request_, lease,
                 {.seconds = 1.5, .flops = 3e9, .energy_joules = 7.5, .peak_memory_bytes = 4096});
  EXPECT_TRUE(store_.has(request_));
  EXPECT_FALSE(fs::exists(aside));
  EXPECT_EQ(read_file(finished_ / "weights" / "a.bin"), "abc");
  const auto record = nlohmann::json::parse(read_file(finished_ / "stage.json"));
  EXPECT_EQ(record["schema"], 1);
  EXPECT_EQ(record["kind"], "finetune");
  EXPECT_EQ(record["key"], request_.key);
  EXPECT_EQ(record["parameters"]["rank"], 8);
  EXPECT_EQ(record["inputs"][0]["kind"], "data");
  EXPECT_EQ(record["seconds"], 1.5);
  EXPECT_EQ(record["flops"], 3e9);
  EXPECT_EQ(record["energy_joules"], 7.5);
  EXPECT_EQ(record["peak_memory_bytes"], 4096);
}

TEST_F(Stages, CostWhatTheAttemptsTookThatTheyWereGoneOnFrom) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Lease lease = claim();  // each attempt has its own
    (void)store_.begin(request_, lease, true);
    store_.note_unfinished(request_, lease,
                           {.seconds = 2.0, .energy_joules = 10.0, .peak_memory_bytes = 8192});
  }
  const Lease lease = claim();
  (void)store_.begin(request_, lease, true);
  const StageCost cost = store_.publish(
      request_, lease, {.seconds = 1.5, .flops = 3e9, .energy_joules = 7.5, .peak_memory_bytes = 4096});
  EXPECT_EQ(cost.seconds, 5.5);
  const auto record = nlohmann::json::parse(read_file(finished_ / "stage.json"));
  EXPECT_EQ(record["seconds"], 5.5);
  EXPECT_EQ(record["flops"], 3e9) << "of the whole stage already";
  EXPECT_EQ(record["energy_joules"], 27.5);
  EXPECT_EQ(record["peak_memory_bytes"], 8192);
  EXPECT_EQ(std::distance(fs::directory_iterator(finished_), fs::directory_iterator()), 1);
}

TEST_F(Stages, ThatBeginAnewCostOnlyThat) {
  const Lease lease = claim();
  (void)store_.begin(request_, lease, false);
  store_.note_unfinished(request_, lease, {.seconds = 2.0});
  (void)store_.begin(request_, lease, false);
  EXPECT_EQ(store_.publish(request_, lease, {.seconds = 1.5}).seconds, 1.5);
}

TEST_F(Stages, SayThatWhatWasNotMeasuredIsNotKnown) {
  const Lease lease = claim();
  (void)store_.begin(request_, lease, true);
  store_.note_unfinished(request_, lease, {.seconds = 2.0});  // without energy
  (void)store_.begin(request_, lease, true);
  store_.publish(request_, lease, {.seconds = 1.5, .energy_joules = 7.5});
  const auto record = nlohmann::json::parse(read_file(finished_ / "stage.json"));
  EXPECT_TRUE(record["energy_joules"].is_null());
  EXPECT_TRUE(record["flops"].is_null());
  EXPECT_FALSE(record.contains("peak_memory_bytes"));
}

TEST_F(Stages, AFolderWithoutItsRecordIsNoStageAndIsReplaced) {
  write_file_atomically(finished_ / "old.bin", "half");
  EXPECT_FALSE(store_.has(request_));
  const Lease lease = claim();
  write_file_atomically(store_.begin(request_, lease, false) / "new.bin", "whole");
  store_.publish(request_, lease, {});
  EXPECT_FALSE(fs::exists(finished_ / "old.bin"));
  EXPECT_EQ(read_file(finished_ / "new.bin"), "whole");
}

TEST_F(Stages, OfAKilledAttemptAreNotThere) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Lease lease = claim();
    const fs::path aside = store_.begin(request_, lease, true);
    write_file_atomically(aside / "checkpoint", "step 3");
    write_file_atomically(aside / "checkpoint.aside-77", "half");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(store_.has(request_));
  EXPECT_FALSE(fs::exists(finished_));
  // A kind that can go on finds its checkpoint, without what was being written when the attempt ended.
  const Lease lease = claim();
  const fs::path resumed = store_.begin(request_, lease, true);
  EXPECT_EQ(read_file(resumed / "checkpoint"), "step 3");
  EXPECT_FALSE(fs::exists(resumed / "checkpoint.aside-77"));
  // Another kind begins afresh.
  EXPECT_TRUE(fs::is_empty(store_.begin(request_, lease, false)));
}

TEST_F(Stages, AreClaimedByOneProcessAtATime) {
  int go[2], claimed[2];
  ASSERT_EQ(::pipe(go), 0);
  ASSERT_EQ(::pipe(claimed), 0);
  // Forked before the claim: heartbeats come from a thread, which a child would not have.
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    if (::read(go[0], &byte, 1) != 1) ::_exit(1);
    const Lease waited = claim();
    ::_exit(::write(claimed[1], "!", 1) == 1 ? 0 : 1);
  }
  std::optional<Lease> held(claim());
  ASSERT_EQ(::write(go[1], "!", 1), 1);
  pollfd ready{claimed[0], POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 300), 0) << "the second process did not wait";
  held.reset();
  EXPECT_EQ(::poll(&ready, 1, 20'000), 1) << "the second process waits for ever";
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  for (const int end : {go[0], go[1], claimed[0], claimed[1]}) ::close(end);
}

TEST_F(Stages, ADeadProcessHoldsNoClaim) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Lease lease = claim();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const Lease lease = claim();  // or this waits for ever
  SUCCEED();
}

TEST_F(Stages, OtherStagesAreNotClaimedWithIt) {
  const Lease one = claim();
  const Lease other = claim(make_request("finetune", {{"rank", 9}}, {}));
  SUCCEED();
}

TEST_F(Stages, BelowAFileAreRefusedAsTheMachinesFault) {
  const StageStore store(folder_.write("a_file", ""));
  try {
    (void)store.claim(request_, never_);
    FAIL() << "claimed";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_NE(std::string(error.what()).find("a_file/stages"), std::string::npos);
  }
}

TEST_F(Stages, ListTheirFilesAndTellWhichIsDamaged) {
  const auto publish = [&] {
    const Lease lease = claim();
    const fs::path aside = store_.begin(request_, lease, false);
    write_file_atomically(aside / "weights" / "a.bin", "abc");
    store_.publish(request_, lease, {});
  };
  publish();
  const auto record = nlohmann::json::parse(read_file(finished_ / "stage.json"));
  ASSERT_EQ(record["files"].size(), 1u);
  EXPECT_EQ(record["files"][0]["path"], "weights/a.bin");
  EXPECT_EQ(record["files"][0]["size"], 3);
  EXPECT_EQ(record["files"][0]["xxh128"], content_hash("abc"));
  const auto damage = [&] { return StageStore(folder_.path() / "runs").damage(request_); };
  EXPECT_EQ(damage(), "");
  std::ofstream(finished_ / "weights" / "a.bin") << "abd";
  EXPECT_EQ(damage(), "weights/a.bin is not what was written");
  EXPECT_EQ(store_.damage(request_), "") << "contents are looked at once by who wrote them";
  std::ofstream(finished_ / "weights" / "a.bin") << "ab";
  EXPECT_EQ(damage(), "weights/a.bin has 2 bytes in place of 3");
  EXPECT_EQ(store_.damage(request_), damage()) << "sizes always";
  fs::remove(finished_ / "weights" / "a.bin");
  EXPECT_EQ(damage(), "weights/a.bin is missing");

  {
    const Lease lease = claim();
    store_.set_aside_damaged(request_, lease);
  }
  EXPECT_FALSE(store_.has(request_));
  publish();
  EXPECT_EQ(damage(), "");
}

TEST_F(Stages, OfAnEarlierImpHaveNoListAndAreTakenAsTheyAre) {
  {
    const Lease lease = claim();
    write_file_atomically(store_.begin(request_, lease, false) / "a.bin", "abc");
    store_.publish(request_, lease, {});
  }
  auto record = nlohmann::json::parse(read_file(finished_ / "stage.json"));
  record.erase("files");
  write_file_atomically(finished_ / "stage.json", record.dump());
  write_file_atomically(finished_ / "a.bin", "another");
  EXPECT_EQ(StageStore(folder_.path() / "runs").damage(request_), "");
}

/// A process that stalls after it wrote a log's first line is taken over by another one.
class StalledOwner : public Stages {
 protected:
  StalledOwner() : stalled_(claim()), its_folder_(store_.begin(request_, stalled_, true)) {
    write_file_atomically(its_folder_ / "checkpoint", "step 3");
    log_.emplace(its_folder_ / "train.jsonl");
    log_->write("step 1");
    // Its heartbeat never comes in this test: the other's patience is shorter than the time between two.
    successor_.emplace(other_.claim(request_, never_));
  }

  const StageStore other_{folder_.path() / "runs",
                          {.stale = std::chrono::milliseconds(1), .poll = std::chrono::milliseconds(5)}};
  const Lease stalled_;
  const fs::path its_folder_;
  std::optional<LineWriter> log_;
  std::optional<Lease> successor_;
};

TEST_F(StalledOwner, HasLostItsFolderAndCanNeitherWriteNorPublish) {
  const fs::path folder = other_.begin(request_, *successor_, true);
  EXPECT_EQ(read_file(folder / "checkpoint"), "step 3");
  EXPECT_FALSE(stalled_.is_held());
  EXPECT_TRUE(successor_->is_held());
  log_->write("step 2");  // through a descriptor that it had open
  EXPECT_EQ(read_file(folder / "train.jsonl"), "step 1\n");
  EXPECT_FALSE(fs::exists(its_folder_));
  EXPECT_THROW(store_.publish(request_, stalled_, {}), std::exception);
  EXPECT_THROW((void)store_.begin(request_, stalled_, true), LeaseLost);
  EXPECT_FALSE(store_.has(request_));
  other_.publish(request_, *successor_, {});
  EXPECT_TRUE(store_.has(request_));
  EXPECT_EQ(other_.damage(request_), "");
}

TEST_F(StalledOwner, ThatWakesBeforeItsFolderIsTakenPublishesNothingEither) {
  EXPECT_THROW(store_.publish(request_, stalled_, {}), LeaseLost);
  EXPECT_FALSE(store_.has(request_));
}

TEST_F(StalledOwner, OfAKindThatBeginsAnewLeavesNothing) {
  EXPECT_TRUE(fs::is_empty(other_.begin(request_, *successor_, false)));
  EXPECT_FALSE(fs::exists(its_folder_));
}

TEST_F(Stages, AWaitForOneEndsWhenTheRunIsStopped) {
  const Lease held = claim();
  std::atomic<bool> stop{false};
  const std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop = true;
  });
  const StageStore other(folder_.path() / "runs");
  long long owner = 0;
  EXPECT_THROW((void)other.claim(request_, stop, [&](const LeaseOwner& who) { owner = who.process.pid; }),
               Interrupted);
  EXPECT_EQ(owner, ::getpid());
  EXPECT_TRUE(held.is_held());
}

TEST_F(Stages, WithABrokenRecordAreNoneAndAreReplaced) {
  const auto publish = [&] {
    const Lease lease = claim();
    write_file_atomically(store_.begin(request_, lease, false) / "new.bin", "whole");
    store_.publish(request_, lease, {});
  };
  publish();
  const std::string whole = read_file(finished_ / "stage.json");
  nlohmann::json other_key = nlohmann::json::parse(whole), no_kind = other_key, text_seconds = other_key;
  other_key["key"] = "another";
  no_kind.erase("kind");
  text_seconds["seconds"] = "long";
  for (const std::string& record :
       {std::string(), std::string("{\"kind\": "), std::string("[]"), other_key.dump(), no_kind.dump(),
        text_seconds.dump(), std::string(1'000'000, '[')}) {
    write_file_atomically(finished_ / "stage.json", record);
    EXPECT_FALSE(store_.has(request_)) << record.substr(0, 80);
    publish();
    EXPECT_TRUE(store_.has(request_));
  }
}

}  // namespace
}  // namespace imp::harness
