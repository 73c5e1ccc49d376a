// SPDX-License-Identifier: Apache-2.0
#include "results/merge/merge.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "results/effects/sweep_statistics.h"
#include "results/files.h"
#include "results/merge/merged_sweep.h"
#include "results/output_path.h"
#include "results/report/sweep_choice.h"
#include "results/results_database.h"
#include "results/store_error.h"
#include "results/wide_view.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;

/// With the lock's file, which nobody else can hold of a copy.
void remove_copy(const fs::path& path) {
  remove_database(path);
  std::error_code ignored;
  fs::remove(path.string() + "-lock", ignored);
}

/// A copy of an input beside the output, so that no input is written; removed at the end whatever happens.
class Copy {
 public:
  Copy(const fs::path& input, fs::path where, std::chrono::milliseconds patience) : path_(std::move(where)) {
    remove_copy(path_);
    try {
      Database source(input, Access::read, patience);
      Statement check(source, "PRAGMA quick_check(1)");
      if (!check.step() || check.text(0) != "ok") {
        throw StoreError(input.string() + ": the database is damaged; make it again with `imp-sweep rebuild`",
                         StoreErrorKind::environment);
      }
      check.reset();
      Database copy(path_, Access::write);
      copy.copy_from(source);
      bring_up_to_date(copy);
    } catch (...) {
      remove_copy(path_);
      throw;
    }
  }
  ~Copy() { remove_copy(path_); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Throws StoreError for what is no results database that this imp reads.
void require_input(const fs::path& path, std::chrono::milliseconds patience) {
  if (!fs::exists(path))
    throw StoreError(path.string() + ": no such database; merge takes two that are there");
  if (!holds_results(path, patience))
    throw StoreError(path.string() + ": holds no results; merge takes two that do");
}

void require_new_file(const fs::path& out, const fs::path& a, const fs::path& b) {
  for (const fs::path& input : {a, b}) require_output_file(out, input);
  if (fs::exists(out))
    throw StoreError(out.string() + ": exists already, and a merge replaces no file; name a new one");
}

/// "lora_rank.b", or with a number where that is taken in either database.
std::string other_name(Database& database, const std::string& sweep, const fs::path& b) {
  Statement taken(database,
                  "SELECT 1 FROM main.sweep WHERE name = ?1 UNION ALL SELECT 1 FROM b.sweep WHERE name = ?1");
  const std::string base = sweep + "." + b.stem().string();
  std::string name = base;
  for (int number = 2; taken.bind_all(name).step(); ++number) name = fmt::format("{}.{}", base, number);
  return name;
}

void merge_sweep(Database& database, std::int64_t from, const std::string& name, const fs::path& b,
                 MergeReport& report) {
  const std::int64_t present = sweep_id_of(database, name);  // of main: SQLite looks there first
  const std::vector<std::string> conflicts =
      present != 0 ? sweep_conflicts(database, present, from) : std::vector<std::string>();
  const std::string kept_as = conflicts.empty() ? name : other_name(database, name, b);
  for (const std::string& conflict : conflicts)
    report.conflicts.push_back(
        fmt::format("{}: {}; {}'s sweep is kept as {}", name, conflict, b.string(), kept_as));
  const std::int64_t into =
      present != 0 && conflicts.empty() ? present : add_empty_sweep(database, from, kept_as);
  const MergedTrials trials = take_in_sweep_of_b(database, into, from);
  report.from_b += trials.taken;
  report.same += trials.same;
}

/// Makes what is computed from the answers anew, for all sweeps; returns their number.
std::size_t refresh_all(Database& database) {
  Transaction transaction(database);
  const std::size_t sweeps = refresh_all_statistics(database);
  refresh_wide_view(database);
  transaction.commit();
  database.execute(
      "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");  // one file to be renamed
  return sweeps;
}

}  // namespace

MergeReport merge_databases(const fs::path& a, const fs::path& b, const fs::path& out,
                            std::chrono::milliseconds patience) {
  require_new_file(out, a, b);
  for (const fs::path& input : {a, b}) require_input(input, patience);
  const std::string aside = out.string() + ".new-" + std::to_string(::getpid());
  const Copy copy_a(a, aside, patience);
  const Copy copy_b(b, aside + "-b", patience);
  MergeReport report;
  {
    Database database(copy_a.path(), Access::write);
    Statement(database, "ATTACH ? AS b").run(copy_b.path().string());
    Transaction transaction(database);
    std::vector<std::pair<std::int64_t, std::string>> sweeps;
    Statement listed(database, "SELECT sweep_id, name FROM b.sweep ORDER BY created, sweep_id");
    while (listed.step()) sweeps.emplace_back(listed.integer(0), listed.text(1));
    for (const auto& [id, name] : sweeps) merge_sweep(database, id, name, b, report);
    take_in_stages_of_b(database);
    transaction.commit();
    listed.reset();
    database.execute("DETACH b");
    report.sweeps = refresh_all(database);
  }
  rename_durably(copy_a.path(), out);
  return report;
}

}  // namespace imp::results
