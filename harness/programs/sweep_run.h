// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "harness/executor/progress.h"
#include "harness/programs/sweep_options.h"
#include "results/effects/planned_looks.h"

namespace imp::harness {

inline constexpr int kSomeFailed = 1, kEnvironment = 3, kWorkLeft = 75, kInterrupted = 130;  ///< exit codes

/// What `imp-sweep run` does, once or in rounds.
class SweepRun {
 public:
  /// `options` outlives it. Throws imp::Error or StoreError for files that must not be written.
  explicit SweepRun(const SweepOptions& options);

  /// Makes all that the sweep lacks and takes it into the database; `looks`, if given, is written into the
  /// run folder before that. Returns an exit code: 0, or one of the above.
  [[nodiscard]] int make_missing(const std::optional<results::LooksRecord>& looks);

  /// Prints the table and writes the page.
  void show() const;

 private:
  const SweepOptions& options_;
  Progress progress_;
  std::string name_;
};

/// `imp-sweep FILE --until-resolved FACTOR` (plan/looks.h). Returns the exit code; kWorkLeft if the budget
/// ends it.
int run_until_resolved(const SweepOptions& options);

}  // namespace imp::harness
