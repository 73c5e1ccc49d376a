// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "harness/plan/derivation.h"
#include "harness/plan/sweep_spec.h"

namespace imp::harness {

/// One cell of a block of `vary` before its values are read. Points into the specification.
struct Cell {
  Location location;
  std::size_t block = 0;  ///< of SweepSpec::vary
  CellSettings settings;
  std::vector<const KeyDescription*> own;  ///< the keys that it sets over its block's baseline
};

/// What the cells of a block have in common.
[[nodiscard]] Cell baseline_cell(const SweepSpec& spec, std::size_t block);

/// Calls `make` for each cell of a block in order.
void for_each_cell(const SweepSpec& spec, std::size_t block, const std::function<void(const Cell&)>& make);

/// How many these are; some number above `most` where they are more.
[[nodiscard]] std::size_t count_cells(const VaryBlock& block, std::size_t most);

/// The keys that a cell's name shows: those of its block's baseline, then its own.
[[nodiscard]] std::vector<const KeyDescription*> named_keys(const SweepSpec& spec, const Cell& cell);

}  // namespace imp::harness
