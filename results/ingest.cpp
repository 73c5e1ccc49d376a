// SPDX-License-Identifier: Apache-2.0
#include "results/ingest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>

#include "results/claims/registration.h"
#include "results/effects/planned_looks.h"
#include "results/effects/sweep_statistics.h"
#include "results/files.h"
#include "results/question_rows.h"
#include "results/read_or_tell.h"
#include "results/results_database.h"
#include "results/run_files.h"
#include "results/store_error.h"
#include "results/trial_rows.h"
#include "results/wide_view.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;

/// `base / name` for a name from a file or a command line, which must not lead out of `base`.
fs::path inside(const fs::path& base, const std::string& name) {
  const fs::path relative(name);
  const bool leaves = std::find(relative.begin(), relative.end(), "..") != relative.end();
  if (name.empty() || relative.is_absolute() || leaves) {
    throw StoreError(fmt::format("{}: '{}' does not name a folder in it", base.string(), name));
  }
  return base / relative;
}

/// Size and time of a file.
std::string source_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return "";
  return fmt::format("{} {}", size, fs::last_write_time(path, error).time_since_epoch().count());
}

SweepFile read_plan(const fs::path& path, const std::string& sweep) {
  SweepFile plan = read_sweep_file(path);
  if (plan.name != sweep) {
    throw StoreError(fmt::format("{}: names sweep '{}'; its folder is '{}'; they should be the same",
                                 path.string(), plan.name, sweep));
  }
  return plan;
}

std::int64_t write_plan(Database& database, const SweepFile& plan) {
  Statement insert(
      database,
      "INSERT INTO sweep (name, about, created, spec_file, spec_text, seeds_json, benchmarks_json) "
      "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET about = excluded.about, "
      "created = excluded.created, spec_file = excluded.spec_file, spec_text = excluded.spec_text, "
      "seeds_json = excluded.seeds_json, benchmarks_json = excluded.benchmarks_json RETURNING sweep_id");
  insert.bind_all(plan.name, plan.about, plan.created, plan.spec_file, plan.spec_text, plan.seeds_json,
                  plan.benchmarks_json);
  insert.step();
  const std::int64_t sweep_id = insert.integer(0);
  insert.reset();
  Statement(database, "DELETE FROM factor WHERE sweep_id = ?").run(sweep_id);
  Statement level(database, "INSERT INTO factor VALUES (?, ?, ?, ?, ?)");
  for (int i = 0; i < static_cast<int>(plan.factors.size()); ++i) {
    const Factor& factor = plan.factors[static_cast<std::size_t>(i)];
    int position = 0;
    for (const std::string& name : factor.levels) level.run(sweep_id, i, factor.name, position++, name);
  }
  return sweep_id;
}

/// A plan that changed leaves trials behind: their rows go, and their folders are told of.
/// Returns whether there were any.
bool drop_unplanned(Database& database, std::int64_t sweep_id, const SweepFile& plan, const fs::path& folder,
                    Problems& problems) {
  std::set<std::string> planned;
  for (const PlannedTrial& trial : plan.trials) planned.insert(trial.name);
  std::vector<std::int64_t> gone;
  Statement present(database, "SELECT trial_id, name FROM trial WHERE sweep_id = ?");
  present.bind_all(sweep_id);
  while (present.step()) {
    if (!planned.contains(present.text(1))) gone.push_back(present.integer(0));
  }
  Statement remove(database, "DELETE FROM trial WHERE trial_id = ?");
  for (const std::int64_t trial_id : gone) remove.run(trial_id);
  std::vector<std::string> left_out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!planned.contains(name) && fs::exists(entry.path() / "outcome.json"))
      left_out.push_back(entry.path().string());
  }
  std::sort(left_out.begin(), left_out.end());
  for (const std::string& path : left_out) {
    problems.push_back(path + ": not in the sweep's plan any more; left out of the database");
  }
  return !gone.empty();
}

/// The source of the plan that the database holds of a sweep.
std::string known_plan_source(Database& database, std::int64_t sweep_id) {
  Statement statement(database, "SELECT plan_source FROM sweep_reading WHERE sweep_id = ?");
  return statement.bind_all(sweep_id).step() ? statement.text(0) : "";
}

void set_plan_source(Database& database, std::int64_t sweep_id, const std::string& source) {
  Statement(database,
            "INSERT INTO sweep_reading VALUES (?, ?, 0) "
            "ON CONFLICT (sweep_id) DO UPDATE SET plan_source = excluded.plan_source")
      .run(sweep_id, source);
}

/// The id of a sweep whose plan the database holds as `source` has it; nothing if it holds none or another.
std::optional<std::int64_t> sweep_with_plan(Database& database, const std::string& sweep,
                                            const std::string& source) {
  Statement statement(database,
                      "SELECT sweep_id FROM sweep JOIN sweep_reading USING (sweep_id) "
                      "WHERE name = ? AND plan_source = ? AND plan_source <> ''");
  if (!statement.bind_all(sweep, source).step()) return std::nullopt;
  return statement.integer(0);
}

void ingest_stage(Database& database, const fs::path& folder, Problems& problems) {
  if (!fs::exists(folder / "stage.json")) return;
  try {
    const StageFile stage = read_stage_file(folder / "stage.json");
    replace_stage(database, stage);
    const bool is_shared_training = stage.kind == "connector" && fs::exists(folder / "train.jsonl");
    if (is_shared_training) replace_stage_steps(database, stage, read_train_steps(folder / "train.jsonl"));
  } catch (const StoreError& error) {
    if (error.kind() != StoreErrorKind::usage) throw;
    problems.emplace_back(error.what());
  }
}

void ingest_all_stages(Database& database, const fs::path& runs, Problems& problems) {
  std::error_code absent;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(runs / "stages", absent)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) ingest_stage(database, folder, problems);
}

/// The claims files that were recorded of the sweep. Returns whether they are others than the database has.
bool take_in_claims(Database& database, std::int64_t sweep_id, const fs::path& path, Problems& problems) {
  if (!fs::exists(path)) return false;
  const auto files = read_or_tell(read_registered_files, path, problems);
  Statement known(database, "SELECT count(*) FROM claim_file WHERE sweep_id = ?");
  known.bind_all(sweep_id).step();
  const bool is_new = files && known.integer(0) != static_cast<std::int64_t>(files->size());
  known.reset();
  if (files) replace_registered_files(database, sweep_id, *files);
  return is_new;
}

/// The looks that are planned at the sweep's effects. Returns whether they are others than the database has.
bool take_in_looks(Database& database, std::int64_t sweep_id, const fs::path& path, Problems& problems) {
  if (!fs::exists(path)) return replace_planned_looks(database, sweep_id, std::nullopt);
  const auto record = read_or_tell(read_looks_record, path, problems);
  return record && replace_planned_looks(database, sweep_id, record->planned);
}

/// Folders of `runs` that hold a sweep, oldest sweep first, so that a rebuilt database numbers them as they
/// came.
std::vector<std::string> sweeps_below(const fs::path& runs, Problems& problems) {
  std::vector<std::pair<std::string, std::string>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(runs, error)) {
    if (!fs::exists(entry.path() / "sweep.json")) continue;
    try {
      found.emplace_back(read_sweep_file(entry.path() / "sweep.json").created,
                         entry.path().filename().string());
    } catch (const StoreError& malformed) {
      problems.emplace_back(malformed.what());
    }
  }
  if (error)
    throw StoreError(runs.string() + ": cannot be read: " + error.message() +
                     "; name the folder with --runs");
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  names.reserve(found.size());
  for (auto& [created, name] : found) names.push_back(std::move(name));
  return names;
}

Problems fill(Database& database, const fs::path& runs) {
  Problems problems;
  for (const std::string& sweep : sweeps_below(runs, problems)) {
    try {
      for (std::string& line : ingest_sweep(database, runs, sweep)) problems.push_back(std::move(line));
    } catch (const StoreError& error) {
      if (error.kind() != StoreErrorKind::usage) throw;
      problems.emplace_back(error.what());
    }
  }
  return problems;
}

/// Removes the half-made database whatever happens.
struct AsideFile {
  explicit AsideFile(fs::path where) : path(std::move(where)) { remove_database(path); }
  ~AsideFile() { remove_database(path); }
  AsideFile(const AsideFile&) = delete;
  AsideFile& operator=(const AsideFile&) = delete;
  const fs::path path;
};

}  // namespace

SweepIngest::SweepIngest(fs::path runs, std::string sweep)
    : runs_(std::move(runs)), sweep_(std::move(sweep)), folder_(inside(runs_, sweep_)) {}

void SweepIngest::read_plan_if_changed() {
  const fs::path path = folder_ / "sweep.json";
  const std::string source = source_of(path);
  if (!source.empty() && source == plan_source_) return;
  plan_ = read_plan(path, sweep_);
  place_of_trial_.clear();
  for (std::size_t i = 0; i < plan_.trials.size(); ++i) place_of_trial_[plan_.trials[i].name] = i;
  plan_source_ = source;
}

Problems SweepIngest::take_in_sweep(Database& database) {
  read_plan_if_changed();
  Problems problems;
  Transaction transaction(database);
  const std::int64_t sweep_id = write_plan(database, plan_);
  bool changed = known_plan_source(database, sweep_id) != plan_source_;
  SweepQuestions questions(database, sweep_id);
  questions.take_in(folder_, problems);
  changed |= drop_unplanned(database, sweep_id, plan_, folder_, problems);
  for (const PlannedTrial& trial : plan_.trials) {
    changed |=
        replace_trial(database, sweep_id, trial, inside(folder_, trial.name), true, questions, problems);
  }
  questions.remove_unused(folder_);
  changed |= take_in_claims(database, sweep_id, folder_ / "claims.json", problems);
  changed |= take_in_looks(database, sweep_id, folder_ / "added_seeds.json", problems);
  ingest_all_stages(database, runs_, problems);
  if (changed || !has_current_statistics(database, sweep_id)) refresh_statistics(database, sweep_id);
  set_plan_source(database, sweep_id, plan_source_);
  refresh_wide_view(database);
  transaction.commit();
  return problems;
}

Problems SweepIngest::take_in_trial(Database& database, const std::string& trial) {
  read_plan_if_changed();
  const auto place = place_of_trial_.find(trial);
  if (place == place_of_trial_.end()) {
    throw StoreError(
        fmt::format("{}: has no trial '{}'; plan the sweep again", (folder_ / "sweep.json").string(), trial));
  }
  const PlannedTrial& planned = plan_.trials[place->second];
  Problems problems;
  Transaction transaction(database);
  const auto known = sweep_with_plan(database, sweep_, plan_source_);
  const std::int64_t sweep_id = known ? *known : write_plan(database, plan_);
  SweepQuestions questions(database, sweep_id);
  questions.take_in(folder_, problems);
  if (known) {
    replace_trial(database, sweep_id, planned, inside(folder_, trial), false, questions, problems);
  } else {  // its other trials have rows too, in plan order
    Statement present(database, "SELECT 1 FROM trial WHERE sweep_id = ? AND name = ?");
    for (const PlannedTrial& each : plan_.trials) {
      if (each.name != trial && present.bind_all(sweep_id, each.name).step()) continue;
      replace_trial(database, sweep_id, each, inside(folder_, each.name), false, questions, problems);
    }
  }
  forget_statistics(database, sweep_id);
  set_plan_source(database, sweep_id, plan_source_);
  for (const StageUse& stage : planned.stages) {
    ingest_stage(database, inside(runs_ / "stages", stage.kind + "-" + stage.key), problems);
  }
  refresh_wide_view(database);
  transaction.commit();
  return problems;
}

Problems ingest_sweep(Database& database, const fs::path& runs, const std::string& sweep) {
  return SweepIngest(runs, sweep).take_in_sweep(database);
}

Problems ingest_trial(Database& database, const fs::path& runs, const std::string& sweep,
                      const std::string& trial) {
  return SweepIngest(runs, sweep).take_in_trial(database, trial);
}

Problems rebuild(const fs::path& database, const fs::path& runs) {
  require_results_file(database);  // before the lock's file is made beside it
  const WriterLock lock(database, kPatience);
  const bool replaces = holds_results(database);
  const AsideFile aside(database.string() + ".new-" + std::to_string(::getpid()));
  Problems problems;
  {
    Database fresh(aside.path);
    bring_up_to_date(fresh);
    problems = fill(fresh, runs);
  }
  if (replaces) {
    Database source(aside.path, Access::read);
    Database(database, Access::write).copy_from(source);
  } else {
    remove_database(database);  // a WAL left by a lost database would be replayed into the new one
    rename_durably(aside.path, database);
  }
  return problems;
}

}  // namespace imp::results
