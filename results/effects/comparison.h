// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace imp::results {

/// A cell as comparisons see it.
struct ComparedCell {
  std::vector<std::string> levels;  ///< one a factor
  std::map<std::string, std::string>
      settings;  ///< every key of the resolved configuration but the seed, and what else
                 ///< may make scores differ (host, dtype, ...), each as text
  std::vector<std::size_t> seeds = {0};  ///< places, ascending, of those of the sweep's seeds that it has
};

/// How many seeds all of these cells have.
[[nodiscard]] std::size_t seeds_in_common(const std::vector<ComparedCell>& cells,
                                          std::span<const std::size_t> places);

/// What a factor is, with its levels in the sweep file's order.
struct ComparedFactor {
  std::string name;
  std::vector<std::string> levels;
};

/// A contrast between cells: one level of a factor against another, or how that difference changes from one
/// level of a second factor to another.
struct Comparison {
  std::string factor;  ///< "lora_rank"; "llm x encoder" for an interaction
  std::string from_level,
      to_level;  ///< of an interaction: the first factor's "a -> b", the second's "c -> d"
  bool is_interaction = false;
  std::vector<double> weights;        ///< one a cell, sum 0
  std::vector<std::size_t> group_of;  ///< the group of each cell with a weight
  std::size_t groups = 0;  ///< of cells that differ in the factor alone, over which the effect is a mean
  std::size_t seeds = 0;   ///< that the cells of a group have in common, in the group with the fewest
  std::vector<std::string> also_differ;  ///< settings, other than the factor, in which compared cells differ
};

/// Every comparison of two levels of a factor, cells matched on all other factors: in a full grid these are
/// the main effects, in one factor at a time the differences from the baseline. A factor whose level follows
/// from the compared factor's (zip, list) cannot be matched on; it and every other setting that differs with
/// the factor is named in `also_differ`. Matched cells without a seed in common are left out, and levels that
/// no matched cells have.
[[nodiscard]] std::vector<Comparison> level_comparisons(const std::vector<ComparedFactor>& factors,
                                                        const std::vector<ComparedCell>& cells);

/// Every interaction of two levels of one factor with two of another, for which all four cells are there,
/// matched on the factors that remain.
[[nodiscard]] std::vector<Comparison> interactions(const std::vector<ComparedFactor>& factors,
                                                   const std::vector<ComparedCell>& cells);

}  // namespace imp::results
