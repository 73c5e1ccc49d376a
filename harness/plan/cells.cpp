// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/cells.h"

#include <algorithm>
#include <limits>

namespace imp::harness {
namespace {

using MakeCell = std::function<void(const Cell&)>;

void set(Cell& cell, const KeyDescription* key, const YamlValue& value) {
  cell.settings[key->name] = &value;
  cell.own.push_back(key);
}

void make_grid(const VaryBlock& block, const Cell& baseline, const MakeCell& make) {
  const std::size_t count = count_cells(block, std::numeric_limits<std::size_t>::max());
  for (std::size_t index = 0; index < count; ++index) {
    Cell cell = baseline;
    std::size_t below = count;
    for (const Factor& factor : block.factors) {
      below /= factor.levels.size();
      set(cell, factor.key, factor.levels[index / below % factor.levels.size()]);
    }
    make(cell);
  }
}

void make_one_at_a_time(const VaryBlock& block, const Cell& baseline, const MakeCell& make) {
  make(baseline);
  for (const Factor& factor : block.factors) {
    for (const YamlValue& level : factor.levels) {
      Cell cell = baseline;
      set(cell, factor.key, level);
      make(cell);
    }
  }
}

void make_side_by_side(const VaryBlock& block, const Cell& baseline, const MakeCell& make) {
  for (std::size_t level = 0; level < block.factors.front().levels.size(); ++level) {
    Cell cell = baseline;
    for (const Factor& factor : block.factors) set(cell, factor.key, factor.levels[level]);
    make(cell);
  }
}

void make_listed(const VaryBlock& block, const Cell& baseline, const MakeCell& make) {
  for (const ListedCell& listed : block.cells) {
    Cell cell = baseline;
    cell.location = listed.location;
    for (const Setting& setting : listed.settings) set(cell, setting.key, setting.value);
    make(cell);
  }
}

}  // namespace

Cell baseline_cell(const SweepSpec& spec, std::size_t block) {
  Cell cell{.location = spec.vary[block].location, .block = block, .settings = {}, .own = {}};
  for (const Setting& setting : spec.baseline) cell.settings[setting.key->name] = &setting.value;
  for (const Setting& setting : spec.vary[block].baseline) cell.settings[setting.key->name] = &setting.value;
  return cell;
}

void for_each_cell(const SweepSpec& spec, std::size_t block, const MakeCell& make) {
  const Cell baseline = baseline_cell(spec, block);
  switch (spec.vary[block].form) {
    case VaryForm::none:
      return make(baseline);
    case VaryForm::grid:
      return make_grid(spec.vary[block], baseline, make);
    case VaryForm::ofat:
      return make_one_at_a_time(spec.vary[block], baseline, make);
    case VaryForm::zip:
      return make_side_by_side(spec.vary[block], baseline, make);
    case VaryForm::list:
      return make_listed(spec.vary[block], baseline, make);
  }
}

std::size_t count_cells(const VaryBlock& block, std::size_t most) {
  if (block.form == VaryForm::list) return block.cells.size();
  if (block.form == VaryForm::zip) return block.factors.front().levels.size();
  std::size_t count = 1;
  for (const Factor& factor : block.factors) {
    const std::size_t levels = factor.levels.size();
    count = block.form == VaryForm::grid ? count * levels : count + levels;
    if (count > most) break;  // before a product overflows
  }
  return count;
}

std::vector<const KeyDescription*> named_keys(const SweepSpec& spec, const Cell& cell) {
  std::vector<const KeyDescription*> keys;
  for (const Setting& setting : spec.vary[cell.block].baseline) {
    if (std::find(cell.own.begin(), cell.own.end(), setting.key) == cell.own.end())
      keys.push_back(setting.key);
  }
  keys.insert(keys.end(), cell.own.begin(), cell.own.end());
  return keys;
}

}  // namespace imp::harness
