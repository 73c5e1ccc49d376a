// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/plan/sweep_spec.h"

namespace imp::harness {

/// Where files set the keys of a trial. What the trials of a block have in common they hold together: a sweep
/// may have 100,000 of them.
struct Origins {
  using Places = std::map<std::string_view, Location>;
  std::shared_ptr<const Places> baseline;                       ///< of the block
  std::vector<std::pair<std::string_view, Location>> own = {};  ///< of the cell, over these

  /// Nothing for a key that has its default.
  [[nodiscard]] const Location* find(std::string_view key) const;
};

/// One run of one cell: a full configuration under one seed.
struct Trial {
  std::string name;  ///< `lora_rank=128,seed=1`; safe as a folder's name and unique in its sweep
  std::int64_t seed = 1;
  std::vector<std::pair<std::string, std::string>> levels;  ///< of every factor of the sweep, in its order
  TrialConfig config;
  Origins origins;
};

/// A factor and the levels that occur, as text, in the order of the cells.
struct FactorLevels {
  std::string name;
  std::vector<std::string> levels;
};

/// A sweep, unfolded.
struct Sweep {
  SweepSpec spec;
  std::vector<FactorLevels> factors;
  std::vector<std::int64_t> seeds;
  std::vector<Trial>
      trials;  ///< cells in the file's order (first factor slowest), each with its seeds in order
};

/// Seeds beyond the sweep file's, by the levels of the cell that has them.
using AddedSeeds = std::map<std::map<std::string, std::string>, std::vector<std::int64_t>>;

/// Unfolds a specification: the cells of each block of `vary` in turn, equal ones once; derives `${...}`,
/// checks each configuration, leaves out what `exclude` names.
/// `only` (a condition as in `exclude`, or "") keeps the trials for which it holds. Cells named in `added`
/// have these seeds too, behind the file's. Throws imp::Error (usage) with every mistake, one a line: values
/// out of bounds, cycles of `${...}`, cells that come twice in a block, no cell left.
[[nodiscard]] Sweep expand(SweepSpec spec, const std::string& only = "", const AddedSeeds& added = {});

/// Where a trial's value of a key stands: at the key, or at the baseline as a whole for a default.
[[nodiscard]] Location origin_of(const Trial& trial, const SweepSpec& spec, std::string_view key);

/// load_sweep_file(), read_sweep_spec() and expand() in one: what `imp-sweep FILE --set ... --only ...`
/// means. With `runs`, the seeds that looks at the sweep added there (added_seeds.h) are part of it.
[[nodiscard]] Sweep load_sweep(const std::filesystem::path& path,
                               const std::vector<std::string>& overrides = {}, const std::string& only = "",
                               const std::filesystem::path& runs = {});

}  // namespace imp::harness
