// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/database.h"

namespace imp::results {

/// What was wrong in run folders, one line each: `file:line: what; what would be right`. The rest was
/// ingested.
using Problems = std::vector<std::string>;

// Each function writes one transaction, and reading the same folders again gives the same rows. A trial
// without outcome.json becomes a row with status 'planned'; one whose outcome.json cannot be used,
// 'unreadable'. `runs` is the folder that holds <sweep>/ and stages/.

/// Takes in a sweep: its plan, all its trials' folders, all stages. Trials whose files did not change since
/// they were read are left as they are; trials no longer in the plan are removed. Then makes the effects and
/// v_wide again.
/// Throws StoreError: sweep.json missing or malformed, database locked, disk full.
Problems ingest_sweep(Database& database, const std::filesystem::path& runs, const std::string& sweep);

/// The same for one trial of a sweep (when it has ended, well or not) and the stages it used. The sweep's
/// effects are removed: they would not be of what the database holds; ingest_sweep makes them once the sweep
/// has ended. Throws StoreError as above, and if the plan does not know the trial.
Problems ingest_trial(Database& database, const std::filesystem::path& runs, const std::string& sweep,
                      const std::string& trial);

/// Makes the database from all sweeps below `runs`: written aside, then put in place whole. Where a database
/// already is, its content is replaced in one transaction and not the file: a reader keeps its snapshot, and
/// a WAL beside it stays true. Throws StoreError: no such folder, a file that is not a results database,
/// locked, disk full.
Problems rebuild(const std::filesystem::path& database, const std::filesystem::path& runs);

}  // namespace imp::results
