// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness/inventory/run_folders.h"
#include "harness/plan/stage_request.h"

namespace imp::harness {

/// Something below a runs folder that no sweep needs.
struct Leftover {
  enum class Kind { stage, unfinished_stage, damaged_stage, question_record, half_written_file, trash };

  Kind kind = Kind::stage;
  std::filesystem::path path;  ///< relative to the runs folder
  std::string reason;
  std::int64_t bytes = 0;
  std::optional<StageInput> stage = {};  ///< whose claim is to be held while it is removed
};

[[nodiscard]] std::string_view kind_name(Leftover::Kind kind);

/// Something that is not removed, whoever it belongs to.
struct LeftAlone {
  std::filesystem::path path;  ///< relative to the runs folder
  std::string reason;
};

struct Unreferenced {
  std::vector<Leftover> leftovers;
  std::vector<LeftAlone> left_alone;
  std::size_t stages_kept = 0;  ///< that a sweep or trial refers to
};

/// The folders (`<kind>-<key>`) of all stages that sweeps and trials refer to, with what these are made from.
[[nodiscard]] std::unordered_set<std::string> referenced_stages(const std::filesystem::path& runs,
                                                                const std::vector<SweepFolder>& sweeps);

/// The stage whose folder a name is, of a kind that is known here and with a key of 32 digits.
[[nodiscard]] std::optional<StageInput> stage_of_folder(const std::string& name);

/// Looks through a runs folder for what no sweep.json and no outcome.json refers to: finished and half-made
/// stages, folders of stages without a record, records of questions of finished sweeps, files that were being
/// written. What is being made, was written in the last hour, is a link or not imp's is left alone. Throws as
/// read_run_folders.
[[nodiscard]] Unreferenced find_unreferenced(const std::filesystem::path& runs);

}  // namespace imp::harness
