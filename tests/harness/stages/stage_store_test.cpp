// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/stage_store.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

class Stages : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const StageStore store_{folder_.path() / "runs"};
  const StageRequest request_ =
      make_request("finetune", {{"rank", 8}}, {{"data", "0123456789abcdef0123456789abcdef"}});
  const fs::path finished_ = store_.folder(request_.kind, request_.key);
};

TEST_F(Stages, AreAbsentUntilPublishedAndThenWhole) {
  const fs::path aside = store_.begin(request_, false);
  write_file_atomically(aside / "weights" / "a.bin", "abc");
  EXPECT_FALSE(store_.has(request_));
  EXPECT_FALSE(fs::exists(finished_));
  store_.publish(request_, {.seconds = 1.5, .flops = 3e9, .energy_joules = 7.5, .peak_memory_bytes = 4096});
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
    (void)store_.begin(request_, true);
    store_.note_unfinished(request_, {.seconds = 2.0, .energy_joules = 10.0, .peak_memory_bytes = 8192});
  }
  (void)store_.begin(request_, true);
  const StageCost cost = store_.publish(
      request_, {.seconds = 1.5, .flops = 3e9, .energy_joules = 7.5, .peak_memory_bytes = 4096});
  EXPECT_EQ(cost.seconds, 5.5);
  const auto record = nlohmann::json::parse(read_file(finished_ / "stage.json"));
  EXPECT_EQ(record["seconds"], 5.5);
  EXPECT_EQ(record["flops"], 3e9) << "of the whole stage already";
  EXPECT_EQ(record["energy_joules"], 27.5);
  EXPECT_EQ(record["peak_memory_bytes"], 8192);
  EXPECT_EQ(std::distance(fs::directory_iterator(finished_), fs::directory_iterator()), 1);
}

TEST_F(Stages, ThatBeginAnewCostOnlyThat) {
  (void)store_.begin(request_, false);
  store_.note_unfinished(request_, {.seconds = 2.0});
  (void)store_.begin(request_, false);
  EXPECT_EQ(store_.publish(request_, {.seconds = 1.5}).seconds, 1.5);
}

TEST_F(Stages, SayThatWhatWasNotMeasuredIsNotKnown) {
  (void)store_.begin(request_, true);
  store_.note_unfinished(request_, {.seconds = 2.0});  // without energy
  (void)store_.begin(request_, true);
  store_.publish(request_, {.seconds = 1.5, .energy_joules = 7.5});
  const auto record = nlohmann::json::parse(read_file(finished_ / "stage.json"));
  EXPECT_TRUE(record["energy_joules"].is_null());
  EXPECT_TRUE(record["flops"].is_null());
  EXPECT_FALSE(record.contains("peak_memory_bytes"));
}

TEST_F(Stages, AFolderWithoutItsRecordIsNoStageAndIsReplaced) {
  write_file_atomically(finished_ / "old.bin", "half");
  EXPECT_FALSE(store_.has(request_));
  write_file_atomically(store_.begin(request_, false) / "new.bin", "whole");
  store_.publish(request_, {});
  EXPECT_FALSE(fs::exists(finished_ / "old.bin"));
  EXPECT_EQ(read_file(finished_ / "new.bin"), "whole");
}

TEST_F(Stages, OfAKilledAttemptAreNotThere) {
  const pid_t child = ::fork();
  if (child == 0) {
    const fs::path aside = store_.begin(request_, true);
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
  const fs::path resumed = store_.begin(request_, true);
  EXPECT_EQ(read_file(resumed / "checkpoint"), "step 3");
  EXPECT_FALSE(fs::exists(resumed / "checkpoint.aside-77"));
  // Another kind begins afresh.
  EXPECT_TRUE(fs::is_empty(store_.begin(request_, false)));
}

TEST_F(Stages, AreClaimedByOneProcessAtATime) {
  int go[2], claimed[2];
  ASSERT_EQ(::pipe(go), 0);
  ASSERT_EQ(::pipe(claimed), 0);
  // Forked before the claim: a child would share its parent's open file, and the lock with it.
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    if (::read(go[0], &byte, 1) != 1) ::_exit(1);
    const StageStore::Claim waited = store_.claim(request_);
    ::_exit(::write(claimed[1], "!", 1) == 1 ? 0 : 1);
  }
  std::optional<StageStore::Claim> claim(store_.claim(request_));
  ASSERT_EQ(::write(go[1], "!", 1), 1);
  pollfd ready{claimed[0], POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 300), 0) << "the second process did not wait";
  claim.reset();
  EXPECT_EQ(::poll(&ready, 1, 20'000), 1) << "the second process waits for ever";
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  for (const int end : {go[0], go[1], claimed[0], claimed[1]}) ::close(end);
}

TEST_F(Stages, ADeadProcessHoldsNoClaim) {
  const pid_t child = ::fork();
  if (child == 0) {
    const StageStore::Claim claim = store_.claim(request_);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const StageStore::Claim claim = store_.claim(request_);  // or this waits for ever
  SUCCEED();
}

TEST_F(Stages, OtherStagesAreNotClaimedWithIt) {
  const StageStore::Claim one = store_.claim(request_);
  const StageStore::Claim other = store_.claim(make_request("finetune", {{"rank", 9}}, {}));
  SUCCEED();
}

TEST_F(Stages, BelowAFileAreRefusedAsTheMachinesFault) {
  const StageStore store(folder_.write("a_file", ""));
  try {
    (void)store.claim(request_);
    FAIL() << "claimed";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_NE(std::string(error.what()).find("a_file/stages"), std::string::npos);
  }
}

TEST_F(Stages, WithABrokenRecordAreNoneAndAreReplaced) {
  const auto publish = [&] {
    write_file_atomically(store_.begin(request_, false) / "new.bin", "whole");
    store_.publish(request_, {});
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
