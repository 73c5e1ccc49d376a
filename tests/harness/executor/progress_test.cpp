// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/progress.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

/// What a progress object says on standard error, which is no terminal here.
template <class Talk>
std::string said(const Talk& talk) {
  testing::internal::CaptureStderr();
  talk();
  return testing::internal::GetCapturedStderr();
}

TEST(Progress, OffATerminalIsPlainLines) {
  const std::string text = said([] {
    Progress progress({});
    progress.begin_stage("rank=8", "finetune", "[1/2 rank=8] finetune");
    for (int64_t step = 1; step <= 500; ++step) progress.on_step({step, 2.0, 1e-3, 0.5, 0.001, 100}, 500);
    progress.on_units(5, 5, "pictures");
    progress.end_stage(1.0);
    progress.report_score("rank=8", "scenetext", "vqa_accuracy", 0.5, 0.01);
  });
  EXPECT_EQ(text.find_first_of("\r\033"), std::string::npos) << text;
  EXPECT_EQ(text.find("█"), std::string::npos) << text;
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_GE(lines, 4);
  EXPECT_LE(lines, 8) << "a line a step is too much:\n" << text;
  EXPECT_NE(text.find("step 500/500"), std::string::npos);
  EXPECT_NE(text.find("rank=8: scenetext vqa_accuracy 50.0 ± 1.0\n"), std::string::npos);
}

TEST(Progress, AStepWithoutALossChangesNoMean) {
  const std::string text = said([] {
    Progress progress({});
    progress.begin_stage("t", "finetune", "one");
    progress.on_step({1, std::nullopt, 1e-3, 0.0, 0.001, 0}, 1);
    progress.begin_stage("t", "finetune", "two");
    progress.on_step({1, 2.5, 1e-3, 0.5, 0.001, 100}, 3);
    progress.on_step({2, std::nullopt, 1e-3, 0.0, 0.001, 0}, 3);
    progress.on_step({3, std::nullopt, 1e-3, 0.0, 0.001, 0}, 3);
  });
  EXPECT_NE(text.find("one   step 1/1  loss none yet  "), std::string::npos) << text;
  EXPECT_NE(text.find("two   step 3/3  loss 2.5000  "), std::string::npos) << text;
}

TEST(Progress, AWarningThatSeveralTrialsShareIsSaidOnceAndAnEventEach) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events.ndjson";
  const std::string text = said([&] {
    Progress progress(file);
    for (const char* trial : {"a", "b"}) {
      progress.begin_stage(trial, "finetune", trial);
      progress.on_warning("rows.json: row 7");
    }
  });
  EXPECT_EQ(text, "a\nwarning: rows.json: row 7\nb\n");
  const std::string events = read_file(file);
  size_t count = 0;
  for (size_t at = events.find("\"warning\""); at != std::string::npos;
       at = events.find("\"warning\"", at + 1))
    ++count;
  EXPECT_EQ(count, 2U);
}

TEST(Progress, EventsAreAJsonObjectALine) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events.ndjson";
  (void)said([&] {
    Progress progress(file);
    progress.begin_stage("a \"quoted\"\ttrial", "eval", "label");
    progress.report_score("t", "scenetext", "vqa_accuracy", 0.25, 0.0);
    progress.report_failure("t", "eval", "line with \"quotes\" and \\ and é");
    progress.end_stage(0.5);
  });
  std::istringstream text(read_file(file));
  std::vector<std::string> events;
  for (std::string line; std::getline(text, line);) {
    const auto event = nlohmann::json::parse(line);
    EXPECT_TRUE(event.contains("time")) << line;
    events.push_back(event["event"]);
  }
  EXPECT_EQ(events, (std::vector<std::string>{"stage_begin", "score", "failure", "stage_end"}));
}

TEST(Progress, AFailureOfAnyBytesIsStillJson) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events.ndjson";
  (void)said([&] { Progress(file).report_failure("t", "data", "a file's name: \xff\xfe.jpg"); });
  EXPECT_TRUE(nlohmann::json::accept(read_file(file)));
}

TEST(Progress, EventsThatCannotBeWrittenAreRefused) {
  const TemporaryFolder folder;
  folder.write("a_file", "");
  EXPECT_THROW(Progress(folder.path() / "a_file" / "events"), Error);
}

}  // namespace
}  // namespace imp::harness
