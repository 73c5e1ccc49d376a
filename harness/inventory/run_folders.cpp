// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/run_folders.h"

#include <algorithm>
#include <map>

#include "harness/inventory/folder_content.h"
#include "harness/plan/run_record.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

bool is_real_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error)) && !error;
}

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw Error(file.string() + ": " + what + "; move it away, or name another folder with --runs");
}

std::string text_of(const json& object, const char* key, const fs::path& file) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) fail(file, std::string("has no text '") + key + "'");
  return found->get<std::string>();
}

const json& list_of(const json& object, const char* key, const fs::path& file) {
  const auto found = object.find(key);
  const bool fits =
      found != object.end() && found->is_array() &&
      std::all_of(found->begin(), found->end(), [](const json& item) { return item.is_object(); });
  if (!fits) fail(file, std::string("has no list '") + key + "'");
  return *found;
}

std::vector<StageInput> stages_in(const json& record, const fs::path& file) {
  std::vector<StageInput> stages;
  for (const json& stage : list_of(record, "stages", file))
    stages.push_back({text_of(stage, "kind", file), text_of(stage, "key", file)});
  return stages;
}

using Trials = std::map<std::string, TrialRecord>;

void add_planned(const fs::path& file, SweepFolder& sweep, Trials& trials, std::vector<std::string>& order) {
  if (!is_real_file(file)) return;
  const json record = read_run_record(file);
  sweep.spec_file = record.value("spec_file", "");
  for (const json& planned : list_of(record, "trials", file)) {
    TrialRecord trial{.sweep = sweep.name,
                      .name = text_of(planned, "trial", file),
                      .folder = {},
                      .config = planned.value("config", json()),
                      .planned = stages_in(planned, file),
                      .used = {},
                      .outcome = {}};
    trial.folder = sweep.folder / trial.name;
    order.push_back(trial.name);
    trials[trial.name] = std::move(trial);
  }
}

void add_outcome(const fs::path& folder, const SweepFolder& sweep, Trials& trials,
                 std::vector<std::string>& order) {
  const fs::path file = folder / "outcome.json";
  if (!is_real_file(file)) return;
  const std::string name = folder.filename().string();
  if (!trials.contains(name)) order.push_back(name);
  TrialRecord& trial = trials[name];
  trial.sweep = sweep.name;
  trial.name = name;
  trial.folder = folder;
  trial.outcome = read_run_record(file);
  trial.used = stages_in(trial.outcome, file);
  if (trial.outcome.contains("config")) trial.config = trial.outcome["config"];
}

SweepFolder read_sweep_folder(const fs::path& folder) {
  SweepFolder sweep{.name = folder.filename().string(), .folder = folder, .spec_file = {}, .trials = {}};
  Trials trials;
  std::vector<std::string> order;
  add_planned(folder / "sweep.json", sweep, trials, order);
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (is_folder(entry.path())) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  for (const fs::path& trial : folders) add_outcome(trial, sweep, trials, order);
  for (const std::string& name : order) sweep.trials.push_back(std::move(trials[name]));
  return sweep;
}

}  // namespace

std::string TrialRecord::status() const {
  const bool is_known = outcome.is_object() && outcome.contains("status") && outcome["status"].is_string();
  return is_known ? outcome["status"].get<std::string>() : "planned";
}

bool SweepFolder::is_finished() const {
  return std::all_of(trials.begin(), trials.end(), [](const TrialRecord& trial) {
    return !trial.is_planned() || trial.status() == "done";
  });
}

void require_runs_folder(const fs::path& runs) {
  std::error_code error;
  if (!fs::is_directory(runs, error))
    throw Error(runs.string() + ": is no folder; name the folder of the runs with --runs");
}

std::vector<SweepFolder> read_run_folders(const fs::path& runs) {
  require_runs_folder(runs);
  std::vector<SweepFolder> sweeps;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(runs)) {
      const std::string name = entry.path().filename().string();
      if (name == "stages" || name.starts_with('.') || !is_folder(entry.path())) continue;
      SweepFolder sweep = read_sweep_folder(entry.path());
      if (!sweep.trials.empty() || is_real_file(entry.path() / "sweep.json"))
        sweeps.push_back(std::move(sweep));
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(error.path1().string() + ": cannot read: " + error.code().message(), ErrorKind::environment);
  }
  std::sort(sweeps.begin(), sweeps.end(),
            [](const SweepFolder& a, const SweepFolder& b) { return a.name < b.name; });
  return sweeps;
}

}  // namespace imp::harness
