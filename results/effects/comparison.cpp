// SPDX-License-Identifier: Apache-2.0
#include "results/effects/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>

namespace imp::results {
namespace {

using Cells = std::vector<ComparedCell>;

/// Whether each level of `leader` goes with one level of `follower` only, which is not the same for all.
bool follows(const Cells& cells, std::size_t follower, std::size_t leader) {
  std::map<std::string, std::string> seen;
  std::set<std::string> levels;
  for (const ComparedCell& cell : cells) {
    const auto [place, fresh] = seen.emplace(cell.levels[leader], cell.levels[follower]);
    if (!fresh && place->second != cell.levels[follower]) return false;
    levels.insert(cell.levels[follower]);
  }
  return levels.size() > 1;
}

/// Cells that agree on every factor but the varied ones and those that follow from them, by these levels.
std::map<std::vector<std::string>, std::vector<std::size_t>> matched_groups(
    const Cells& cells, const std::vector<std::size_t>& varied) {
  const std::size_t factors = cells.empty() ? 0 : cells.front().levels.size();
  std::vector<std::size_t> matched_on;
  for (std::size_t f = 0; f < factors; ++f) {
    const bool free = std::any_of(varied.begin(), varied.end(),
                                  [&](std::size_t v) { return f == v || follows(cells, f, v); });
    if (!free) matched_on.push_back(f);
  }
  std::map<std::vector<std::string>, std::vector<std::size_t>> groups;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    std::vector<std::string> key;
    for (const std::size_t f : matched_on) key.push_back(cells[c].levels[f]);
    groups[key].push_back(c);
  }
  return groups;
}

/// The only cell of a group with a level; none, or several that cannot be told apart, give nothing.
const std::size_t* only_cell(const Cells& cells, const std::vector<std::size_t>& group,
                             const std::vector<std::pair<std::size_t, std::string>>& wanted) {
  const std::size_t* found = nullptr;
  for (const std::size_t& c : group) {
    const bool fits = std::all_of(wanted.begin(), wanted.end(), [&](const auto& level) {
      return cells[c].levels[level.first] == level.second;
    });
    if (!fits) continue;
    if (found != nullptr) return nullptr;
    found = &c;
  }
  return found;
}

void note_differences(const ComparedCell& a, const ComparedCell& b, const std::string& factor,
                      std::set<std::string>& names) {
  for (const auto& [name, value] : a.settings) {
    const auto other = b.settings.find(name);
    if (name != factor && (other == b.settings.end() || other->second != value)) names.insert(name);
  }
}

/// Adds matched cells with their weights as one more group; those without a seed in common make none.
bool add_group(Comparison& comparison, const Cells& cells, std::span<const std::size_t> matched,
               std::span<const double> weights) {
  const std::size_t seeds = seeds_in_common(cells, matched);
  if (seeds == 0) return false;
  comparison.seeds = comparison.groups == 0 ? seeds : std::min(comparison.seeds, seeds);
  for (std::size_t i = 0; i < matched.size(); ++i) {
    comparison.weights[matched[i]] += weights[i];
    comparison.group_of[matched[i]] = comparison.groups;
  }
  ++comparison.groups;
  return true;
}

void divide_by_groups(Comparison& comparison) {
  for (double& weight : comparison.weights) weight /= static_cast<double>(comparison.groups);
}

}  // namespace

std::size_t seeds_in_common(const Cells& cells, std::span<const std::size_t> places) {
  const std::vector<std::size_t>& first = cells[places.front()].seeds;
  return static_cast<std::size_t>(std::count_if(first.begin(), first.end(), [&](std::size_t seed) {
    return std::all_of(places.begin(), places.end(), [&](std::size_t c) {
      return std::binary_search(cells[c].seeds.begin(), cells[c].seeds.end(), seed);
    });
  }));
}

std::vector<Comparison> level_comparisons(const std::vector<ComparedFactor>& factors, const Cells& cells) {
  std::vector<Comparison> comparisons;
  for (std::size_t f = 0; f < factors.size(); ++f) {
    const auto groups = matched_groups(cells, {f});
    const std::vector<std::string>& levels = factors[f].levels;
    for (std::size_t from = 0; from < levels.size(); ++from) {
      for (std::size_t to = from + 1; to < levels.size(); ++to) {
        Comparison comparison{.factor = factors[f].name,
                              .from_level = levels[from],
                              .to_level = levels[to],
                              .weights = std::vector<double>(cells.size(), 0.0),
                              .group_of = std::vector<std::size_t>(cells.size(), 0),
                              .also_differ = {}};
        std::set<std::string> differ;
        for (const auto& [key, group] : groups) {
          const std::size_t* a = only_cell(cells, group, {{f, levels[from]}});
          const std::size_t* b = only_cell(cells, group, {{f, levels[to]}});
          if (a == nullptr || b == nullptr) continue;
          constexpr double kSigns[] = {-1.0, 1.0};
          if (!add_group(comparison, cells, std::array{*a, *b}, kSigns)) continue;
          note_differences(cells[*a], cells[*b], factors[f].name, differ);
        }
        if (comparison.groups == 0) continue;
        divide_by_groups(comparison);
        comparison.also_differ.assign(differ.begin(), differ.end());
        comparisons.push_back(std::move(comparison));
      }
    }
  }
  return comparisons;
}

namespace {

/// The interaction of two pairs of levels, averaged over the groups that have all four cells.
Comparison interaction(const std::vector<ComparedFactor>& factors, const Cells& cells, std::size_t f,
                       std::size_t g, const std::pair<std::string, std::string>& of_f,
                       const std::pair<std::string, std::string>& of_g) {
  Comparison comparison{.factor = factors[f].name + " x " + factors[g].name,
                        .from_level = of_f.first + " -> " + of_f.second,
                        .to_level = of_g.first + " -> " + of_g.second,
                        .is_interaction = true,
                        .weights = std::vector<double>(cells.size(), 0.0),
                        .group_of = std::vector<std::size_t>(cells.size(), 0),
                        .also_differ = {}};
  for (const auto& [key, group] : matched_groups(cells, {f, g})) {
    const std::size_t* corner[] = {only_cell(cells, group, {{f, of_f.first}, {g, of_g.first}}),
                                   only_cell(cells, group, {{f, of_f.second}, {g, of_g.first}}),
                                   only_cell(cells, group, {{f, of_f.first}, {g, of_g.second}}),
                                   only_cell(cells, group, {{f, of_f.second}, {g, of_g.second}})};
    if (std::any_of(std::begin(corner), std::end(corner), [](const std::size_t* c) { return c == nullptr; }))
      continue;
    constexpr double kSigns[] = {1.0, -1.0, -1.0, 1.0};
    add_group(comparison, cells, std::array{*corner[0], *corner[1], *corner[2], *corner[3]}, kSigns);
  }
  if (comparison.groups > 0) divide_by_groups(comparison);
  return comparison;
}

std::vector<std::pair<std::string, std::string>> level_pairs(const ComparedFactor& factor) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t a = 0; a < factor.levels.size(); ++a) {
    for (std::size_t b = a + 1; b < factor.levels.size(); ++b)
      pairs.emplace_back(factor.levels[a], factor.levels[b]);
  }
  return pairs;
}

}  // namespace

std::vector<Comparison> interactions(const std::vector<ComparedFactor>& factors, const Cells& cells) {
  std::vector<Comparison> found;
  for (std::size_t f = 0; f < factors.size(); ++f) {
    for (std::size_t g = f + 1; g < factors.size(); ++g) {
      for (const auto& of_f : level_pairs(factors[f])) {
        for (const auto& of_g : level_pairs(factors[g])) {
          Comparison comparison = interaction(factors, cells, f, g, of_f, of_g);
          if (comparison.groups > 0) found.push_back(std::move(comparison));
        }
      }
    }
  }
  return found;
}

}  // namespace imp::results
