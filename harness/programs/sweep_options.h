// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace imp::harness {

/// The options that imp-sweep's commands share.
struct SweepOptions {
  std::filesystem::path file;
  std::filesystem::path runs = "runs";
  std::filesystem::path database = "results/imp.db";
  std::filesystem::path events;
  std::vector<std::string> overrides;  ///< key=value
  std::string only;
  std::string executor = "local";
  std::string until_resolved;      ///< a factor; empty for one look
  std::string budget;              ///< as parse_duration() reads it; empty for none
  std::vector<std::string> names;  ///< stages of `why`, trials of `diff`
  std::string jobs = "1";          ///< a number, or auto
  bool fail_fast = false;
  bool json = false;
  bool remove = false;  ///< of `gc`
  bool all = false;     ///< of `diff`
};

// One function a command; each returns the program's exit code (design: exit codes) and throws imp::Error or
// StoreError.
int run_sweep(const SweepOptions& options);
int plan_sweep(const SweepOptions& options);
int show_status(const SweepOptions& options);
int work_for_coordinator(const SweepOptions& options);
int rebuild_database(const SweepOptions& options);
int collect_garbage(const SweepOptions& options);
int explain_stage(const SweepOptions& options);
int diff_trials(const SweepOptions& options);
int print_schema(const SweepOptions& options);
int examine_machine(const SweepOptions& options);

}  // namespace imp::harness
