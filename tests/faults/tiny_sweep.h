// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/faults/process.h"

namespace imp::test {

inline constexpr int kConnectorSteps = 30, kFinetuneSteps = 40;

/// A place where a sweep of the embedded profile runs, made tiny: its own small models, 60 pictures, 30 + 40
/// steps, a checkpoint every 3.
class TinySweep {
 public:
  /// Keys of the baseline and their values, as YAML, in place of the tiny sweep's own.
  using Settings = std::map<std::string, std::string>;

  /// vary: the lines below `vary:`, each indented.
  explicit TinySweep(const Settings& settings = {}, const std::string& vary = "  list: [{lora_rank: 8}]\n",
                     const std::string& name = "tiny");

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path file() const { return folder() / (name_ + ".yaml"); }
  [[nodiscard]] const std::filesystem::path& runs() const { return runs_; }
  [[nodiscard]] std::filesystem::path database() const { return folder() / "results.db"; }
  /// The run folder of the sweep, or of its only trial.
  [[nodiscard]] std::filesystem::path sweep_folder() const { return runs_ / name_; }
  [[nodiscard]] std::filesystem::path only_trial() const;

  void use_runs(const std::filesystem::path& runs) { runs_ = runs; }
  /// Takes over another sweep's data and features stages, so that making them need not be waited for.
  void take_pictures_of(const TinySweep& other) const;

  /// `imp-sweep FILE --runs --db` and further arguments.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& more = {}) const;
  [[nodiscard]] Finished run(const std::vector<std::string>& more = {}) const {
    return run_program(command(more));
  }

  /// Folders below runs/stages of a kind, finished or being made.
  [[nodiscard]] std::vector<std::filesystem::path> stages(const std::string& kind,
                                                          bool finished = true) const;
  /// Steps that stand in the train.jsonl of connector, trunks and finetune.
  [[nodiscard]] int steps_logged() const;
  [[nodiscard]] nlohmann::json outcome(const std::filesystem::path& trial) const;

 private:
  TemporaryFolder folder_;
  std::string name_;
  std::filesystem::path runs_;
};

/// A whole run of the tiny sweep, made once a process.
[[nodiscard]] const TinySweep& uninterrupted();

/// A training log without what the clock says.
[[nodiscard]] std::string without_seconds(const std::filesystem::path& file);

/// All that must be the same bits whether a run was killed or not, by a name that tells what it is: final
/// weights, logs but for their seconds, predictions, and the names of all files of the finished stages.
[[nodiscard]] std::map<std::string, std::string> results_of(const TinySweep& sweep);

/// Every folder in runs/stages that is not being made holds a stage.json.
void expect_stages_whole(const std::filesystem::path& runs);
/// One line, ended, on standard error, besides those about progress (`[1/1 ...`).
void expect_one_clear_line(const std::string& err);

}  // namespace imp::test
