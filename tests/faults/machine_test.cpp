// SPDX-License-Identifier: Apache-2.0
// What is wrong with the machine (a full disk, a folder or a database that cannot be written) loses nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "models/io/file.h"
#include "results/results_database.h"
#include "tests/faults/tiny_sweep.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const TinySweep::Settings kShort{{"connector_max_steps", "2"}, {"max_steps", "2"}, {"checkpoint_every", "1"}};

TEST(RunsFolder, ThatCannotBeWrittenEndsWith3AndOneLine) {
  TinySweep sweep(kShort);
  write_file_atomically(sweep.folder() / "a_file", "");
  sweep.use_runs(sweep.folder() / "a_file" / "runs");
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_EQ(finished.out, "");
  expect_one_clear_line(finished.err);
  EXPECT_THAT(finished.err, HasSubstr("a_file/runs"));
}

/// A file system in memory, of some size.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& at) : at_(at) { fs::create_directories(at); }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  /// False where this user may not mount.
  [[nodiscard]] bool resize(const std::string& size) {
    const std::string options = "size=" + size;
    const bool done = ::mount("tmpfs", at_.c_str(), "tmpfs", mounted_ ? MS_REMOUNT : 0, options.c_str()) == 0;
    mounted_ = mounted_ || done;
    return done;
  }

 private:
  fs::path at_;
  bool mounted_ = false;
};

/// Bytes that a run needs on such a disk; 0 where this user may not mount one.
uint64_t bytes_needed() {
  static const uint64_t bytes = [] {
    TinySweep sweep(kShort);
    SmallDisk disk(sweep.folder() / "disk");
    if (!disk.resize("200m")) return uint64_t{0};
    sweep.use_runs(sweep.folder() / "disk" / "runs");
    const Finished finished = sweep.run();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    const fs::space_info space = fs::space(sweep.runs());
    return static_cast<uint64_t>(space.capacity - space.free);
  }();
  return bytes;
}

class FullDisk : public testing::TestWithParam<int> {};

TEST_P(FullDisk, EndsWith3LeavesNothingHalfWrittenAndTheNextStartWorks) {
  const uint64_t needed = bytes_needed();
  if (needed == 0) GTEST_SKIP() << "cannot mount a small file system: " << std::strerror(errno);
  TinySweep sweep(kShort);
  SmallDisk disk(sweep.folder() / "disk");
  ASSERT_TRUE(disk.resize(std::to_string(needed * static_cast<uint64_t>(GetParam()) / 100)));
  sweep.use_runs(sweep.folder() / "disk" / "runs");
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 3) << finished.err;
  EXPECT_EQ(finished.out, "");
  expect_one_clear_line(finished.err);
  EXPECT_THAT(finished.err,
              testing::AnyOf(HasSubstr("No space left on device"), HasSubstr("is the disk full?")));
  expect_stages_whole(sweep.runs());

  ASSERT_TRUE(disk.resize("200m"));
  const Finished again = sweep.run();
  EXPECT_EQ(again.exit_code, 0) << again.err;
  expect_stages_whole(sweep.runs());
}

// Full at the first file, while pictures are drawn, features computed, the two stages trained, answers
// written.
INSTANTIATE_TEST_SUITE_P(PercentOfWhatIsNeeded, FullDisk,
                         testing::Values(1, 15, 30, 45, 60, 75, 85, 92, 96, 99),
                         testing::PrintToStringParamName());

/// Holds a database as another process would.
class Hold {
 public:
  explicit Hold(const fs::path& database) {
    EXPECT_EQ(sqlite3_open(database.c_str(), &handle_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle_, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Hold() { sqlite3_close(handle_); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  sqlite3* handle_ = nullptr;
};

int64_t done_cells(const TinySweep& sweep) {
  results::Database database = results::open_results(sweep.database(), results::Access::read);
  return database.integer("SELECT count(*) FROM v_cells WHERE status = 'done'");
}

void expect_results_kept_and_rebuilt(const TinySweep& sweep, const Finished& finished, const char* what) {
  EXPECT_EQ(finished.exit_code, 3) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(what));
  EXPECT_THAT(finished.err, HasSubstr("the results stay in " + sweep.sweep_folder().string() +
                                      ", `imp-sweep rebuild` takes them in"));
  EXPECT_EQ(sweep.outcome(sweep.only_trial())["status"], "done");
}

TEST(LockedDatabase, LosesNothingAndRebuildTakesTheResultsIn) {
  const TinySweep sweep(kShort);
  sweep.take_pictures_of(uninterrupted());
  { (void)results::open_results(sweep.database(), results::Access::write); }
  {
    const Hold hold(sweep.database());
    expect_results_kept_and_rebuilt(sweep, sweep.run(), "locked");
  }
  EXPECT_EQ(done_cells(sweep), 0);
  const Finished rebuilt =
      run_program({"imp-sweep", "rebuild", "--runs", sweep.runs(), "--db", sweep.database()});
  EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt.err;
  EXPECT_EQ(done_cells(sweep), 1);
}

TEST(LockedDatabase, FreeAgainBeforeTheEndHasAllResults) {
  const TinySweep sweep;
  sweep.take_pictures_of(uninterrupted());
  { (void)results::open_results(sweep.database(), results::Access::write); }
  auto hold = std::make_unique<Hold>(sweep.database());
  Process process(sweep.command());
  while (process.running() && sweep.steps_logged() < 1)
    sleep_seconds(0.02);  // its first look at the database has failed
  hold.reset();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("locked"));
  EXPECT_EQ(done_cells(sweep), 1);
}

TEST(NewerDatabase, LosesNothingAndIsNotTouched) {
  const TinySweep sweep(kShort);
  sweep.take_pictures_of(uninterrupted());
  {
    results::Database database = results::open_results(sweep.database(), results::Access::write);
    database.execute("PRAGMA user_version = 999");
  }
  const std::string before = read_file(sweep.database());
  expect_results_kept_and_rebuilt(sweep, sweep.run(), "newer");
  EXPECT_EQ(read_file(sweep.database()), before);
  const Finished rebuilt =
      run_program({"imp-sweep", "rebuild", "--runs", sweep.runs(), "--db", sweep.folder() / "other.db"});
  EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt.err;
  results::Database other = results::open_results(sweep.folder() / "other.db", results::Access::read);
  EXPECT_EQ(other.integer("SELECT count(*) FROM v_cells WHERE status = 'done'"), 1);
}

TEST(Database, OnAFullDiskLosesNothing) {
  const TinySweep sweep(kShort);
  sweep.take_pictures_of(uninterrupted());
  SmallDisk disk(sweep.folder() / "disk");
  if (!disk.resize("40k")) GTEST_SKIP() << "cannot mount a small file system: " << std::strerror(errno);
  const Finished finished = run_program(
      {"imp-sweep", sweep.file(), "--runs", sweep.runs(), "--db", sweep.folder() / "disk" / "imp.db"});
  EXPECT_EQ(finished.exit_code, 3) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("`imp-sweep rebuild` takes them in"));
  EXPECT_EQ(sweep.outcome(sweep.only_trial())["status"], "done");
}

}  // namespace
}  // namespace imp::test
