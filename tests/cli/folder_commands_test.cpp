// SPDX-License-Identifier: Apache-2.0
// The commands that look at a runs folder (gc, why, diff), on one that imp-sweep made, and on folders that
// are somebody else's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <chrono>
#include <cstring>

#include "models/io/file.h"
#include "tests/faults/tiny_sweep.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Two ranks, trained once a process.
const TinySweep& ranks() {
  static const TinySweep sweep({{"max_steps", "2"}, {"connector_max_steps", "2"}, {"controls", "blind"}},
                               "  - grid: {lora_rank: [4, 8]}\n  - ofat: {lora_rank: [8]}\n");
  static const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return sweep;
}

Finished on_runs(std::vector<std::string> arguments, const fs::path& runs = ranks().runs()) {
  arguments.insert(arguments.begin(), "imp-sweep");
  arguments.insert(arguments.end(), {"--runs", runs.string()});
  return run_program(arguments);
}

json json_of(const std::vector<std::string>& arguments, const fs::path& runs = ranks().runs()) {
  std::vector<std::string> all = arguments;
  all.emplace_back("--json");
  const Finished finished = on_runs(all, runs);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return json::parse(finished.out, nullptr, false);
}

void make_old(const fs::path& path) {
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours(48);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path))
    fs::last_write_time(entry, then);
  fs::last_write_time(path, then);
}

TEST(Joined, BlocksTrainTheCellsThatTheyShareOnce) {
  std::vector<std::string> trials;
  for (const fs::directory_entry& entry : fs::directory_iterator(ranks().sweep_folder()))
    if (fs::exists(entry.path() / "outcome.json")) trials.push_back(entry.path().filename().string());
  EXPECT_THAT(trials, testing::UnorderedElementsAre("lora_rank=4,seed=1", "lora_rank=8,seed=1"));
}

TEST(Gc, FindsNothingInAFolderOfFinishedSweeps) {
  const json found = json_of({"gc"});
  EXPECT_EQ(found["leftovers"], json::array());
  EXPECT_EQ(found["left_alone"], json::array());
  EXPECT_THAT(on_runs({"gc"}).out, StartsWith("nothing to remove"));
}

TEST(Gc, RemovesTheStagesOfASweepThatIsGoneAndTheOtherSweepsStayWhole) {
  const TinySweep sweep(
      TinySweep::Settings{{"max_steps", "2"}, {"connector_max_steps", "2"}, {"controls", "blind"}});
  ASSERT_EQ(sweep.run().exit_code, 0);
  const TinySweep other({{"max_steps", "3"}, {"connector_max_steps", "2"}, {"controls", "blind"}},
                        "  list: [{lora_rank: 8}]\n", "other");
  const std::vector<std::string> run_other{"imp-sweep",  other.file(), "--runs",
                                           sweep.runs(), "--db",       sweep.database()};
  ASSERT_EQ(run_program(run_other).exit_code, 0);
  fs::remove_all(sweep.runs() / "other");
  EXPECT_EQ(json_of({"gc"}, sweep.runs())["leftovers"].size(), 0U) << "written in the last hour";
  make_old(sweep.runs() / "stages");
  const json listed = json_of({"gc"}, sweep.runs());
  std::vector<std::string> kinds;
  for (const json& each : listed["leftovers"]) kinds.push_back(each["path"].get<std::string>().substr(7, 4));
  EXPECT_THAT(kinds, testing::UnorderedElementsAre("eval", "fine")) << listed.dump(2);
  EXPECT_EQ(sweep.stages("finetune").size(), 2U) << "listed, not removed";
  const json removed = json_of({"gc", "--remove"}, sweep.runs());
  EXPECT_EQ(removed["removed"].size(), 2U) << removed.dump(2);
  EXPECT_GT(removed["bytes"].get<int64_t>(), 0);
  EXPECT_EQ(sweep.stages("finetune").size(), 1U);
  const auto before = results_of(sweep);
  ASSERT_EQ(sweep.run().exit_code, 0);
  EXPECT_EQ(results_of(sweep), before) << "nothing had to be made again";
}

TEST(Why, SaysWhatASweepWantsInPlaceOfAStage) {
  const std::string finetune = ranks().stages("finetune").at(0).filename().string();
  const Finished plain = on_runs({"why", finetune});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, AllOf(StartsWith(finetune), HasSubstr("made from:\n  data-"),
                               HasSubstr("used by:\n  tiny/lora_rank=")));
  const json again = json_of({"why", finetune, "--file", ranks().file().string(), "--set", "epochs=3"});
  const json& lines = again["comparison"]["differences"];
  ASSERT_EQ(lines.size(), 1U) << lines.dump();
  EXPECT_EQ(lines[0]["name"], "epochs");
  EXPECT_EQ(lines[0]["before"], 2);
  EXPECT_THAT(on_runs({"why", finetune, "--file", ranks().file().string()}).out,
              HasSubstr("it is not made again"));
}

TEST(Diff, PutsTwoTrialsBesideEachOther) {
  const Finished finished = on_runs({"diff", "tiny/lora_rank=4", "lora_rank=8"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out,
              AllOf(HasSubstr("lora_rank      4    8\n"), HasSubstr(" keys alike (--all shows them)"),
                    HasSubstr("shared: data-"),
                    HasSubstr("the trees part here: lora_alpha: 8.0, was 4.0; lora_rank: 8, was 4"),
                    HasSubstr("scenetext ")));
  EXPECT_EQ(json_of({"diff", "tiny/lora_rank=4", "lora_rank=8"})["differing"].size(), 2U) << "rank and alpha";
}

TEST(FolderCommands, SayInOneLineWhatIsWrong) {
  const auto expect_line = [](const Finished& finished, int code, const std::string& says) {
    EXPECT_EQ(finished.exit_code, code) << finished.err;
    EXPECT_EQ(finished.out, "");
    expect_one_clear_line(finished.err);
    EXPECT_THAT(finished.err, HasSubstr(says));
  };
  const TemporaryFolder empty;
  expect_line(on_runs({"gc"}, empty.path() / "nowhere"), 2, "is no folder");
  expect_line(on_runs({"why", "finetune-1"}, empty.path()), 2, "names no finished stage");
  expect_line(on_runs({"diff", "a", "b"}, empty.path()), 2, "'a' names no trial");
  expect_line(on_runs({"diff", "a"}), 2, "trial");
  expect_line(on_runs({"why", "eval"}), 2, "names 2 stages: eval-");
  write_file_atomically(empty.path() / "s" / "sweep.json", R"({"schema": 7})");
  for (const char* command : {"gc", "why eval", "diff a b"}) {
    std::vector<std::string> arguments;
    for (std::string_view rest = command; !rest.empty();) {
      arguments.emplace_back(rest.substr(0, rest.find(' ')));
      rest.remove_prefix(std::min(rest.size(), arguments.back().size() + 1));
    }
    if (arguments.front() == "why") continue;  // it looks for its stage first
    expect_line(on_runs(arguments, empty.path()), 3, "was written by a newer imp (schema 7");
  }
}

TEST(RunsFolder, OfANewerImpOrSomebodyElseLosesNothing) {
  TinySweep sweep;
  const fs::path record = sweep.sweep_folder() / "sweep.json";
  const std::vector<std::pair<std::string, int>> records{
      {R"({"schema": 2, "sweep": "tiny", "trials": []})", 3}, {R"({"name": "a website"})", 2}};
  for (const auto& [text, code] : records) {
    write_file_atomically(record, text);
    for (const char* command : {"run", "plan"}) {
      const Finished finished =
          run_program({"imp-sweep", command, sweep.file(), "--runs", sweep.runs(), "--db", sweep.database()});
      EXPECT_EQ(finished.exit_code, code) << command << text;
      expect_one_clear_line(finished.err);
      EXPECT_EQ(read_file(record), text);
    }
  }
  EXPECT_FALSE(fs::exists(sweep.runs() / "stages"));
  EXPECT_FALSE(fs::exists(sweep.database()));
}

TEST(RunsFolder, ThatIsReadOnlyIsListedAndNothingIsRemoved) {
  const TemporaryFolder folder;
  const fs::path disk = folder.path() / "disk";
  fs::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "cannot mount a small file system: " << std::strerror(errno);
  const std::string stage = "finetune-" + std::string(32, 'a');
  const json stage_record{{"kind", "finetune"}, {"key", std::string(32, 'a')}};
  write_file_atomically(disk / "stages" / stage / "stage.json", stage_record.dump());
  make_old(disk / "stages");
  EXPECT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
  EXPECT_EQ(json_of({"gc"}, disk)["leftovers"].size(), 1U);
  const Finished removal = on_runs({"gc", "--remove"}, disk);
  EXPECT_EQ(removal.exit_code, 3);
  EXPECT_EQ(removal.out, "");
  expect_one_clear_line(removal.err);
  EXPECT_THAT(removal.err, HasSubstr("Read-only file system"));
  EXPECT_TRUE(fs::exists(disk / "stages" / stage / "stage.json"));
  ::umount2(disk.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace imp::test
