// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "results/database.h"
#include "results/run_files.h"

namespace imp::results {

/// What was wrong in run folders, one line each: `file:line: what; what would be right`. The rest was
/// ingested.
using Problems = std::vector<std::string>;

// Each function writes one transaction, and reading the same folders again gives the same rows. A trial
// without outcome.json becomes a row with status 'planned'; one whose outcome.json cannot be used,
// 'unreadable'. `runs` is the folder that holds <sweep>/ and stages/.

/// One sweep's run folder. A program that takes in trial after trial keeps it, so that the plan is read again
/// only when its file changed.
class SweepIngest {
 public:
  /// Throws StoreError (usage) for a name that leads out of `runs`.
  SweepIngest(std::filesystem::path runs, std::string sweep);

  /// Takes in the plan, all trials' folders, all stages. Trials whose files did not change since they were
  /// read are left as they are; trials no longer in the plan are removed. Then makes the scores of cells, the
  /// effects and v_wide again if anything changed.
  /// Throws StoreError: sweep.json missing or malformed, database locked, disk full.
  Problems take_in_sweep(Database& database);

  /// The same for one trial (when it has ended, well or not) and the stages it used. The sweep's scores of
  /// cells and effects are removed: they would not be of what the database holds; take_in_sweep makes them
  /// once the sweep has ended. Throws StoreError as above, and if the plan does not know the trial.
  Problems take_in_trial(Database& database, const std::string& trial);

 private:
  void read_plan_if_changed();

  std::filesystem::path runs_;
  std::string sweep_;
  std::filesystem::path folder_;
  SweepFile plan_;
  std::string plan_source_;  // size and time of sweep.json as it was read
  std::unordered_map<std::string, std::size_t> place_of_trial_;
};

/// SweepIngest's two functions for callers that need them once.
Problems ingest_sweep(Database& database, const std::filesystem::path& runs, const std::string& sweep);
Problems ingest_trial(Database& database, const std::filesystem::path& runs, const std::string& sweep,
                      const std::string& trial);

/// Makes the database from all sweeps below `runs`: written aside, then put in place whole. Where a database
/// already is, its content is replaced in one transaction and not the file: a reader keeps its snapshot, and
/// a WAL beside it stays true. Throws StoreError: no such folder, a file that is not a results database,
/// locked, disk full.
Problems rebuild(const std::filesystem::path& database, const std::filesystem::path& runs);

}  // namespace imp::results
