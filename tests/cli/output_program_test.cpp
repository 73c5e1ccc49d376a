// SPDX-License-Identifier: Apache-2.0
// What holds for every program: --version, outputs that replace nothing but files, and text that steers no
// terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "models/io/file.h"
#include "models/io/printable.h"
#include "tests/faults/tiny_sweep.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

void expect_refused(const std::vector<std::string>& arguments, const std::string& says) {
  const Finished finished = run_program(arguments);
  std::string line;
  for (const std::string& argument : arguments) line += argument + " ";
  EXPECT_EQ(finished.exit_code, 2) << line << finished.err;
  EXPECT_EQ(finished.out, "") << line;
  EXPECT_THAT(finished.err, HasSubstr(says)) << line;
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << line << finished.err;
}

/// The programs of the build, but for those that measure it (tests/bench), which nobody installs.
std::vector<std::string> all_programs() {
  const std::set<std::string> measuring{"imp-benchmark", "imp-coverage-table", "imp-leaks-scale",
                                        "imp-results-scale"};
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(IMP_BIN)) {
    const std::string name = entry.path().filename().string();
    const bool runs = entry.is_regular_file() && ::access(entry.path().c_str(), X_OK) == 0;
    if (runs && entry.path().extension() != ".so" && !measuring.contains(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(EveryProgram, KnowsItsVersion) {
  const std::vector<std::string> programs = all_programs();
  EXPECT_THAT(programs, testing::IsSupersetOf({"imp-data", "imp-eval", "imp-eval-run", "imp-model",
                                               "imp-report", "imp-sweep"}));
  const std::string commit =
      fs::exists(fs::path(IMP_SOURCE) / ".git") ? " \\([0-9a-f]+\\)" : "( \\([0-9a-f]+\\))?";
  for (const std::string& name : programs) {
    const Finished finished = run_program({name, "--version"});
    EXPECT_EQ(finished.exit_code, 0) << name;
    EXPECT_EQ(finished.err, "") << name;
    // imp-eval-run calls itself by what people type, `imp-eval run`.
    const std::string called = name == "imp-eval-run" ? "imp-eval run" : name;
    EXPECT_THAT(finished.out, MatchesRegex(called + " [0-9]+\\.[0-9]+\\.[0-9]+" + commit +
                                           "(, LibTorch 2\\.[0-9]+\\.[0-9]+.*)?\n"));
  }
  EXPECT_THAT(run_program({"imp-eval", "run", "--version"}).out, HasSubstr("imp-eval run 0"));
}

/// A folder with one of each kind of thing that an output may be pointed at by mistake.
struct Mistakes {
  Mistakes() {
    write_file_atomically(folder.path() / "file", "mine");
    fs::create_symlink("file", folder.path() / "link");
    fs::create_symlink("nowhere", folder.path() / "dangling");
    fs::create_directory(folder.path() / "folder");
    if (::mkfifo((folder.path() / "pipe").c_str(), 0600) != 0) throw std::runtime_error("no pipe");
  }
  [[nodiscard]] std::vector<std::string> no_files() const {
    return {folder.path() / "link", folder.path() / "dangling", folder.path() / "folder",
            folder.path() / "pipe", "/dev/null"};
  }
  TemporaryFolder folder;
};

TEST(Output, OfImpModelIsARegularFileThatIsNotRead) {
  const Mistakes mistakes;
  const std::string file = mistakes.folder.path() / "file", folder = mistakes.folder.path() / "folder";
  for (const std::string& output : mistakes.no_files()) {
    expect_refused({"imp-model", "preprocess", folder, file, "-o", output}, output + ": is a");
    expect_refused({"imp-model", "logits", folder, "--requests", file, "-o", output}, output + ": is a");
  }
  expect_refused({"imp-model", "preprocess", folder, file, "-o", file}, "would replace what is read");
  expect_refused({"imp-model", "logits", folder, "--requests", file, "-o", file},
                 "would replace what is read");
  write_file_atomically(mistakes.folder.path() / "folder" / "model.safetensors", "weights");
  expect_refused({"imp-model", "logits", folder, "--requests", file, "-o", folder + "/model.safetensors"},
                 "would replace what is read");
  for (const char* name : {"file", "link", "dangling", "folder"}) {
    expect_refused({"imp-model", "export", folder, "-o", mistakes.folder.path() / name},
                   "exists; give -o a folder");
  }
  EXPECT_EQ(read_file(file), "mine");
}

TEST(Output, OfImpEvalAndImpDataIsAFolder) {
  const Mistakes mistakes;
  for (const char* name : {"file", "dangling", "pipe"}) {
    const std::string output = mistakes.folder.path() / name;
    expect_refused({"imp-eval", "run", "/nowhere", "--benchmark", "textvqa", "-o", output},
                   "is not a folder");
    expect_refused({"imp-data", "render", "embedded", "--pictures", "1", "-o", output}, "is not a folder");
  }
  EXPECT_EQ(read_file(mistakes.folder.path() / "file"), "mine");
}

TEST(Output, OfImpSweepCostsNothingThatIsThere) {
  const Mistakes mistakes;
  const TinySweep sweep;
  const std::string before = read_file(sweep.file());
  for (const std::string& events : mistakes.no_files()) {
    expect_refused(sweep.command({"--events", events}), ": is a");
  }
  expect_refused(sweep.command({"--events", sweep.file()}), "would replace what is read");
  expect_refused(sweep.command({"--events", sweep.database()}), "belongs to the database");
  expect_refused(sweep.command({"--events", sweep.database().string() + "-wal"}), "belongs to the database");
  for (const char* name : {"folder", "pipe", "dangling"}) {
    const std::string database = mistakes.folder.path() / name;
    expect_refused({"imp-sweep", sweep.file(), "--runs", sweep.runs(), "--db", database}, "with --db");
    expect_refused({"imp-sweep", "rebuild", "--runs", sweep.folder(), "--db", database}, "with --db");
  }
  expect_refused({"imp-sweep", sweep.file(), "--runs", sweep.runs(), "--db", sweep.file()},
                 "not a SQLite database");
  expect_refused({"imp-sweep", "rebuild", "--runs", sweep.folder(), "--db", sweep.file()},
                 "not a SQLite database");
  EXPECT_FALSE(fs::exists(sweep.file().string() + "-lock"));
  EXPECT_FALSE(fs::exists(sweep.runs())) << "refused before anything is made";
  EXPECT_EQ(read_file(sweep.file()), before);
}

constexpr const char* kNasty =
    "a\x1b]0;owned\x07\x1b[2J\xc2\x9b"
    "31m\xe2\x80\xae"
    "b\xff\rc";

void expect_tame(const Finished& finished) {
  EXPECT_EQ(printable_lines(finished.out), finished.out);
  EXPECT_EQ(printable_lines(finished.err), finished.err);
  EXPECT_NE(finished.exit_code, 0);
}

TEST(Text, OfArgumentsAndPathsSteersNoTerminal) {
  const std::string nasty(kNasty);
  expect_tame(run_program({"imp-sweep", "plan", nasty}));
  expect_tame(run_program({"imp-sweep", "--" + nasty}));
  expect_tame(run_program({"imp-report", "--db", nasty}));
  expect_tame(run_program({"imp-report", "--" + nasty}));
  expect_tame(run_program({"imp-model", "inspect", nasty}));
  expect_tame(run_program({"imp-model", "--" + nasty}));
  expect_tame(run_program(
      {"imp-eval", "score", "--benchmark", nasty, "--annotations", nasty, "--predictions", nasty}));
  expect_tame(run_program({"imp-eval", "--" + nasty}));
  expect_tame(run_program({"imp-eval", "run", nasty, "--benchmark", nasty, "-o", "/nowhere"}));
  expect_tame(run_program({"imp-data", "stats", nasty}));
  expect_tame(run_program({"imp-data", "--" + nasty}));
}

TEST(Text, OfSweepFilesSteersNoTerminal) {
  const TinySweep sweep(
      {},
      "  list: [{lora_rank: 8, conversation: {system: \"a\\e]0;owned\\a\\x9b\", user: U, assistant: A, "
      "turn_end: e}}]\n");
  for (const char* form : {"--json", "--runs"}) {
    std::vector<std::string> arguments{"imp-sweep", "plan", sweep.file(), form};
    if (std::string(form) == "--runs") arguments.push_back(sweep.runs());
    const Finished plan = run_program(arguments);
    EXPECT_EQ(plan.exit_code, 0) << plan.err;
    EXPECT_EQ(printable_lines(plan.out), plan.out);
    EXPECT_EQ(printable_lines(plan.err), plan.err);
  }
  const Finished status = run_program({"imp-sweep", "status", sweep.file(), "--runs", sweep.runs()});
  EXPECT_EQ(printable_lines(status.out), status.out);
}

}  // namespace
}  // namespace imp::test
