// SPDX-License-Identifier: Apache-2.0
#include "results/ingest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <tuple>

#include "results/effects/effect_rows.h"
#include "results/files.h"
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

SweepFile read_plan(const fs::path& runs, const std::string& sweep) {
  const fs::path path = inside(runs, sweep) / "sweep.json";
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
void drop_unplanned(Database& database, std::int64_t sweep_id, const SweepFile& plan, const fs::path& folder,
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
}

void ingest_stage(Database& database, const fs::path& folder, Problems& problems) {
  if (!fs::exists(folder / "stage.json")) return;
  try {
    replace_stage(database, read_stage_file(folder / "stage.json"));
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

void remove_database(const fs::path& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix, ignored);
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

Problems ingest_sweep(Database& database, const fs::path& runs, const std::string& sweep) {
  const SweepFile plan = read_plan(runs, sweep);
  const fs::path folder = inside(runs, sweep);
  Problems problems;
  Transaction transaction(database);
  const std::int64_t sweep_id = write_plan(database, plan);
  drop_unplanned(database, sweep_id, plan, folder, problems);
  for (const PlannedTrial& trial : plan.trials) {
    replace_trial(database, sweep_id, trial, inside(folder, trial.name), true, problems);
  }
  ingest_all_stages(database, runs, problems);
  refresh_effects(database, sweep_id);
  refresh_wide_view(database);
  transaction.commit();
  return problems;
}

Problems ingest_trial(Database& database, const fs::path& runs, const std::string& sweep,
                      const std::string& trial) {
  const SweepFile plan = read_plan(runs, sweep);
  const auto planned = std::find_if(plan.trials.begin(), plan.trials.end(),
                                    [&](const PlannedTrial& each) { return each.name == trial; });
  if (planned == plan.trials.end()) {
    throw StoreError(fmt::format("{}: has no trial '{}'; plan the sweep again",
                                 (inside(runs, sweep) / "sweep.json").string(), trial));
  }
  Problems problems;
  Transaction transaction(database);
  const std::int64_t sweep_id = write_plan(database, plan);
  Statement present(database, "SELECT 1 FROM trial WHERE sweep_id = ? AND name = ?");
  for (const PlannedTrial& each : plan.trials) {
    const bool is_new = !present.bind_all(sweep_id, each.name).step();
    if (is_new || each.name == trial) {
      replace_trial(database, sweep_id, each, inside(inside(runs, sweep), each.name), false, problems);
    }
  }
  present.reset();
  Statement(database, "DELETE FROM effect WHERE sweep_id = ?").run(sweep_id);
  for (const StageUse& stage : planned->stages) {
    ingest_stage(database, inside(runs / "stages", stage.kind + "-" + stage.key), problems);
  }
  refresh_wide_view(database);
  transaction.commit();
  return problems;
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
