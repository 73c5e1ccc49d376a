// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/plan/stage_request.h"

namespace imp::harness {

/// A trial of a runs folder: as its sweep plans it, as it ended, or both.
struct TrialRecord {
  std::string sweep, name;
  std::filesystem::path folder;
  nlohmann::json config;            ///< resolved; null where nobody recorded it
  std::vector<StageInput> planned;  ///< stages, of sweep.json
  std::vector<StageInput> used;     ///< stages, of outcome.json
  nlohmann::json outcome;           ///< null where it has not ended yet

  [[nodiscard]] bool is_planned() const { return !planned.empty(); }
  [[nodiscard]] std::string status() const;
  /// What it went through, or will.
  [[nodiscard]] const std::vector<StageInput>& stages() const { return used.empty() ? planned : used; }
  /// `sweep/trial`
  [[nodiscard]] std::string full_name() const { return sweep + "/" + name; }
};

/// A folder of a sweep.
struct SweepFolder {
  std::string name;
  std::filesystem::path folder;
  std::string spec_file;  ///< that it was made from
  std::vector<TrialRecord> trials;

  /// Whether every trial that it plans has ended well.
  [[nodiscard]] bool is_finished() const;
};

/// The sweeps of a runs folder: each folder in it that has a sweep.json or a trial with an outcome.json.
/// Links are not followed. Throws imp::Error: for a folder that is not there, for records that cannot be read
/// or that a newer imp wrote; whoever removes things must know all of them.
[[nodiscard]] std::vector<SweepFolder> read_run_folders(const std::filesystem::path& runs);

/// Throws imp::Error (usage) unless `runs` is a folder.
void require_runs_folder(const std::filesystem::path& runs);

}  // namespace imp::harness
