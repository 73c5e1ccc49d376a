// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/sweep_results.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/io/file.h"
#include "results/results_database.h"

namespace imp::test {
namespace fs = std::filesystem;
namespace {

/// What stands in the stages' folder and belongs to no finished stage.
std::string unfinished_in(const fs::path& stages) {
  std::string names;
  for (const fs::directory_entry& entry : fs::directory_iterator(stages)) {
    const std::string name = entry.path().filename();
    // A process that was killed while it took or gave back a lease may leave a file beside it.
    const bool beside = name.find(".new-") != std::string::npos || name.find(".taken-") != std::string::npos;
    if (name.starts_with(".") && !beside) names += name + "\n";
  }
  return names;
}

void expect_done_once(const TinySweep& sweep, const fs::path& trial) {
  const nlohmann::json outcome = sweep.outcome(trial);
  int done = 0;
  for (const nlohmann::json& attempt : outcome.at("attempts")) done += attempt["status"] == "done" ? 1 : 0;
  EXPECT_EQ(done, 1) << trial;
}

}  // namespace

std::vector<fs::path> trials_of(const TinySweep& sweep) {
  std::vector<fs::path> trials;
  std::error_code absent;  // killed before it was made
  for (const fs::directory_entry& entry : fs::directory_iterator(sweep.sweep_folder(), absent))
    if (fs::exists(entry.path() / "outcome.json")) trials.push_back(entry.path());
  std::sort(trials.begin(), trials.end());
  return trials;
}

std::map<std::string, std::string> all_results_of(const TinySweep& sweep) {
  std::map<std::string, std::string> results;
  for (const char* kind : {"features", "connector", "finetune"}) {
    for (const fs::path& stage : sweep.stages(kind)) {
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(stage)) {
        const std::string name = fs::relative(entry.path(), sweep.runs() / "stages");
        if (entry.path().filename() == "train.jsonl") results[name] = without_seconds(entry.path());
        if (entry.path().extension() == ".safetensors") results[name] = read_file(entry.path());
      }
    }
  }
  for (const fs::path& trial : trials_of(sweep)) {
    const std::string name = trial.filename();
    const nlohmann::json outcome = sweep.outcome(trial);
    results[name + " status"] = outcome.at("status");
    results[name + " scores"] = outcome.at("scores").dump();
    if (outcome.at("status") == "done")
      results[name + " answers"] = read_file(trial / "predictions" / "scenetext.jsonl");
  }
  return results;
}

std::string rows_of(const fs::path& file) {
  results::Database database = results::open_results(file, results::Access::read);
  std::string all;
  for (const char* view : {"v_cells", "v_scores", "v_failures", "v_answers", "v_cost", "v_stage_cost",
                           "v_provenance", "v_curve", "v_wide"}) {
    results::Statement statement(database, "SELECT * FROM " + std::string(view));
    std::vector<std::string> rows;
    while (statement.step()) {
      std::string row = view;
      for (int column = 0; column < statement.column_count(); ++column) row += "|" + statement.text(column);
      rows.push_back(row + "\n");
    }
    std::sort(rows.begin(), rows.end());
    for (const std::string& row : rows) all += row;
  }
  return all;
}

void expect_as_if_undisturbed(const TinySweep& sweep, const TinySweep& undisturbed) {
  const auto expected = all_results_of(undisturbed), results = all_results_of(sweep);
  for (const auto& [name, content] : expected) {
    ASSERT_TRUE(results.contains(name)) << name;
    EXPECT_TRUE(results.at(name) == content) << name << " differs";
  }
  EXPECT_EQ(results.size(), expected.size());
  for (const fs::path& trial : trials_of(sweep)) expect_done_once(sweep, trial);
  expect_stages_whole(sweep.runs());
  EXPECT_EQ(unfinished_in(sweep.runs() / "stages"), "");
  const fs::path rebuilt = sweep.folder() / "rebuilt.db";
  fs::remove(rebuilt);
  const Finished made = run_program({"imp-sweep", "rebuild", "--runs", sweep.runs(), "--db", rebuilt});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(rows_of(sweep.database()), rows_of(rebuilt));
}

}  // namespace imp::test
