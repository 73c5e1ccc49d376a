// SPDX-License-Identifier: Apache-2.0
#include "harness/lease/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr LeaseTiming kPatient{milliseconds(5), milliseconds(60'000), milliseconds(2)};
/// Takes over after 150 ms without a change.
constexpr LeaseTiming kHasty{milliseconds(10), milliseconds(150), milliseconds(2)};

class LeaseTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path file() const { return folder_.path() / ".lease-stage"; }
  [[nodiscard]] Lease take(Leases& leases) const { return std::move(*leases.take("stage", never_)); }
  /// A lease of a process of another machine, which nobody can see.
  void write_foreign(const std::string& token, long long beat = 0) const {
    const LeaseOwner owner{{"another-machine", "its-boot", "pid:[1]", 77, 5}, token};
    write_file_atomically(file(), with_beat(lease_record(owner), beat));
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename());
    return names;
  }

  const TemporaryFolder folder_;
  const std::atomic<bool> never_{false};
};

TEST_F(LeaseTest, IsAFileOfOneLineWhileItIsHeldAndGoneAfterwards) {
  Leases leases(folder_.path(), kPatient);
  {
    const Lease lease = take(leases);
    const auto record = nlohmann::json::parse(read_file(file()));
    EXPECT_EQ(record["pid"], ::getpid());
    EXPECT_EQ(record["token"], lease.token());
    EXPECT_EQ(files().size(), 1u);
    EXPECT_TRUE(lease.is_held());
    EXPECT_FALSE(Leases(folder_.path(), kPatient).try_take("stage"));
    EXPECT_TRUE(Leases(folder_.path(), kPatient).try_take("another"));
  }
  EXPECT_TRUE(files().empty());
}

TEST_F(LeaseTest, ChangesWithItsOwnersHeartbeat) {
  Leases leases(folder_.path(), kPatient);
  const Lease lease = take(leases);
  const std::string first = read_file(file());
  const auto end = steady_clock::now() + std::chrono::seconds(20);
  while (read_file(file()) == first && steady_clock::now() < end)
    std::this_thread::sleep_for(milliseconds(2));
  const std::string later = read_file(file());
  EXPECT_GT(nlohmann::json::parse(later)["beat"], nlohmann::json::parse(first)["beat"]);
  EXPECT_EQ(later.size(), first.size());
}

/// Runs `child` in a process of its own, which must end it by itself.
template <class Child>
pid_t in_a_process(const Child& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    child();
    ::_exit(0);
  }
  return pid;
}

TEST_F(LeaseTest, IsTakenByOneOfTwentyProcessesAtATime) {
  constexpr int kProcesses = 20;
  const fs::path work = folder_.path() / "work", log = folder_.path() / "log";
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(in_a_process([&] {
      Leases leases(folder_.path(), kPatient);
      const Lease lease = take(leases);
      // The folder is there while another one works.
      if (::mkdir(work.c_str(), 0700) != 0) ::_exit(1);
      std::this_thread::sleep_for(milliseconds(2));
      LineWriter(log).write("done");
      ::rmdir(work.c_str());
    }));
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  const std::string lines = read_file(log);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), kProcesses);
  EXPECT_EQ(files(), std::vector<std::string>{"log"});
}

TEST_F(LeaseTest, OfAProcessThatIsGoneIsTakenOverAtOnce) {
  const pid_t child = in_a_process([&] {
    Leases leases(folder_.path(), kPatient);
    const Lease lease = take(leases);
    ::kill(::getpid(), SIGKILL);
  });
  // Also while the child waits for its parent to take note of its end.
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  Leases leases(folder_.path(), kPatient);
  EXPECT_FALSE(leases.holder("stage"));
  const auto lease = leases.try_take("stage");
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(lease);
  EXPECT_TRUE(lease->is_held());
}

TEST_F(LeaseTest, OfAPidThatWasGivenOutAgainIsTakenOverAtOnce) {
  LeaseOwner owner{this_process(), "0123456789abcdef"};
  owner.process.start -= 1;
  write_file_atomically(file(), lease_record(owner));
  EXPECT_TRUE(Leases(folder_.path(), kPatient).try_take("stage"));
}

TEST_F(LeaseTest, OfAnOwnerWhoseHeartbeatStoppedIsTakenOverAfterAWhile) {
  write_foreign("aaaaaaaaaaaaaaaa");
  Leases leases(folder_.path(), kHasty);
  const auto start = steady_clock::now();
  EXPECT_FALSE(leases.try_take("stage"));
  ASSERT_TRUE(leases.holder("stage"));
  EXPECT_EQ(leases.holder("stage")->process.host, "another-machine");
  const Lease lease = take(leases);
  EXPECT_GE(steady_clock::now() - start, kHasty.stale);
  EXPECT_TRUE(lease.is_held());
}

TEST_F(LeaseTest, OfAProcessThatIsGoneIsRemovedWithWhatItLeftBesideAndNoOtherOneIs) {
  const pid_t child = in_a_process([&] {
    Leases leases(folder_.path(), kPatient);
    const Lease lease = std::move(*leases.take("finished", never_));
    fs::copy_file(folder_.path() / ".lease-finished", folder_.path() / ".lease-stage.taken-0123456789abcdef");
    ::kill(::getpid(), SIGKILL);
  });
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_EQ(files().size(), 2u);
  Leases leases(folder_.path(), kPatient);
  const auto mine = leases.try_take("mine");
  write_foreign("aaaaaaaaaaaaaaaa");
  write_file_atomically(folder_.path() / "stage.json", "{}");
  remove_leases_of_gone_processes(folder_.path());
  EXPECT_THAT(files(), testing::UnorderedElementsAre(".lease-mine", ".lease-stage", "stage.json"));
  EXPECT_TRUE(mine->is_held());
}

TEST_F(LeaseTest, WithoutReadableContentIsTakenOverAfterAWhile) {
  write_file_atomically(file(), "");
  Leases leases(folder_.path(), kHasty);
  EXPECT_FALSE(leases.try_take("stage"));
  EXPECT_TRUE(take(leases).is_held());
}

TEST_F(LeaseTest, OfALivingOwnerIsNotTakenOver) {
  Leases owner(folder_.path(), {milliseconds(10), milliseconds(60'000), milliseconds(2)});
  const Lease lease = take(owner);
  Leases other(folder_.path(), {milliseconds(10), milliseconds(2'000), milliseconds(2)});
  const auto end = steady_clock::now() + milliseconds(4'000);
  while (steady_clock::now() < end) {
    EXPECT_FALSE(other.try_take("stage"));
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_TRUE(lease.is_held());
}

TEST_F(LeaseTest, DoesNotAskTheClockOfItsFile) {
  write_foreign("aaaaaaaaaaaaaaaa");
  for (const auto shift : {std::chrono::hours(-24 * 365), std::chrono::hours(24 * 365)}) {
    fs::last_write_time(file(), fs::file_time_type::clock::now() + shift);
    EXPECT_FALSE(Leases(folder_.path(), kPatient).try_take("stage"));
  }
}

TEST_F(LeaseTest, ThatIsAbandonedGoesToOneOfManyWatchers) {
  constexpr int kWatchers = 16;
  for (int repetition = 0; repetition < 5; ++repetition) {
    write_foreign("aaaaaaaaaaaaaaaa");
    std::atomic<int> winners{0};
    std::atomic<bool> over{false};
    std::vector<std::jthread> watchers;
    for (int i = 0; i < kWatchers; ++i) {
      watchers.emplace_back([&] {
        // Waits too little to see a winner's lease grow stale.
        Leases leases(folder_.path(), {milliseconds(5), milliseconds(300), milliseconds(1)});
        const auto lease = leases.take("stage", over);
        if (!lease || over) return;  // over: the winner has given it back already
        ++winners;
        std::this_thread::sleep_for(milliseconds(60));
        over = true;
      });
    }
    watchers.clear();
    EXPECT_EQ(winners, 1);
    EXPECT_TRUE(files().empty());
  }
}

TEST_F(LeaseTest, ThatIsFreshIsPutBackWhereItWasTakenForAnAbandonedOne) {
  write_foreign("bbbbbbbbbbbbbbbb");
  const std::string fresh = read_file(file());
  const auto is_the_watched = [](const std::string& content) {
    return content.find("aaaaaaaaaaaaaaaa") != std::string::npos;
  };
  EXPECT_FALSE(take_away(file(), is_the_watched));
  EXPECT_EQ(read_file(file()), fresh);
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(LeaseTest, WhoseOwnerGivesASignOfLifeAtTheLastMomentIsPutBack) {
  write_foreign("aaaaaaaaaaaaaaaa", 7);
  const std::string watched = read_file(file());
  write_foreign("aaaaaaaaaaaaaaaa", 8);
  EXPECT_FALSE(take_away(file(), [&](const std::string& content) { return content == watched; }));
  EXPECT_TRUE(fs::exists(file()));
}

TEST_F(LeaseTest, IsNotPutBackOverOneThatWasTakenMeanwhile) {
  write_foreign("bbbbbbbbbbbbbbbb");
  EXPECT_FALSE(take_away(file(), [&](const std::string&) {
    write_foreign("cccccccccccccccc");
    return false;
  }));
  EXPECT_NE(read_file(file()).find("cccccccccccccccc"), std::string::npos);
}

TEST_F(LeaseTest, LostToAnotherIsNotRemovedByItsFormerOwner) {
  Leases stalled(folder_.path());
  std::optional<Lease> lost(take(stalled));
  Leases other(folder_.path(), {milliseconds(10'000), milliseconds(1), milliseconds(2)});
  const Lease lease = take(other);
  EXPECT_FALSE(lost->is_held());
  lost.reset();
  EXPECT_TRUE(lease.is_held());
}

TEST_F(LeaseTest, InAFolderThatCannotBeIsTheMachinesFault) {
  write_file_atomically(folder_.path() / "a_file", "");
  Leases leases(folder_.path() / "a_file" / "below");
  try {
    (void)leases.try_take("stage");
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
  }
}

}  // namespace
}  // namespace imp::harness
