// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/vary_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "harness/plan/config_reader.h"
#include "models/io/error.h"

namespace imp::harness {

namespace {

/// Two texts of the same value, as far as the file can tell before types are known.
bool same_value(const YamlValue& a, const YamlValue& b) {
  return a.kind == b.kind && a.text == b.text &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_value) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const YamlEntry& x, const YamlEntry& y) {
                      return x.key == y.key && same_value(x.value, y.value);
                    });
}

/// Reads one block.
class BlockReader {
 public:
  BlockReader(const std::vector<Setting>& baseline, Diagnostics& diagnostics)
      : baseline_(baseline), diagnostics_(diagnostics) {}

  /// `location`: of the block as a whole. Only a block among others has a baseline and an exclude of its own:
  /// a single one has the file's.
  VaryBlock read(const YamlValue& value, const Location& location, bool among_others) {
    block_.location = location;
    if (!require_map(value, among_others ? "a block of vary" : "vary", diagnostics_))
      return std::move(block_);
    std::vector<std::string> known{"grid", "ofat", "zip", "list"};
    if (among_others) known.insert(known.end(), {"baseline", "exclude"});
    refuse_unknown_keys(value, known, among_others ? "a block of vary" : "vary", diagnostics_);
    if (among_others) read_own(value);
    if (const YamlEntry* form = find_form(value, among_others)) {
      block_.location = form->location;
      block_.form == VaryForm::list ? read_list(form->value) : read_factors(*form);
    }
    return std::move(block_);
  }

 private:
  void read_own(const YamlValue& value) {
    if (const YamlEntry* own = value.find("baseline");
        own != nullptr && require_map(own->value, "baseline", diagnostics_)) {
      for (const YamlEntry& entry : own->value.entries) {
        refuse_seed(entry);
        refuse_override(entry);
      }
      block_.baseline = read_settings(own->value, "baseline", diagnostics_);
    }
    if (const YamlEntry* exclude = value.find("exclude"))
      block_.exclude = read_conditions(*exclude, diagnostics_);
  }

  const YamlEntry* find_form(const YamlValue& value, bool among_others) {
    constexpr std::pair<std::string_view, VaryForm> kForms[] = {
        {"grid", VaryForm::grid}, {"ofat", VaryForm::ofat}, {"zip", VaryForm::zip}, {"list", VaryForm::list}};
    const YamlEntry* chosen = nullptr;
    for (const auto& [name, form] : kForms) {
      const YamlEntry* entry = value.find(name);
      if (entry == nullptr) continue;
      if (chosen != nullptr) {
        diagnostics_.add(entry->location,
                         fmt::format("vary has {} and {}; keep exactly one of grid, ofat, zip, list, or make "
                                     "vary a list of blocks",
                                     chosen->key, entry->key));
        return nullptr;
      }
      chosen = entry;
      block_.form = form;
    }
    if (chosen == nullptr) {
      diagnostics_.add(
          block_.location,
          among_others
              ? "a block of vary has no cells; give it one of grid, ofat, zip, list (one cell is list: [{}])"
              : "vary is empty; give it one of grid, ofat, zip, list");
    }
    return chosen;
  }

  void read_factors(const YamlEntry& form) {
    if (!require_map(form.value, form.key, diagnostics_)) return;
    if (form.value.entries.empty()) {
      diagnostics_.add(
          form.value.location,
          fmt::format("{} is empty; give it a key with levels, for example lora_rank: [128, 256]", form.key));
    }
    refuse_unknown_keys(form.value, key_names(), form.key, diagnostics_);
    for (const YamlEntry& entry : form.value.entries) {
      const KeyDescription* key = find_key(entry.key);
      if (key == nullptr || !require_list(entry.value, entry.key, diagnostics_) || refuse_seed(entry))
        continue;
      if (entry.value.items.empty()) {
        diagnostics_.add(entry.value.location, fmt::format("{} has no levels; list at least one", entry.key));
        continue;
      }
      refuse_repeated_levels(entry);
      // One factor at a time, the other factors' cells have the overridden value.
      if (block_.form != VaryForm::ofat) refuse_override(entry);
      block_.factors.push_back({key, entry.location, entry.value.items});
    }
    if (block_.form == VaryForm::zip) refuse_unequal_lengths();
  }

  bool refuse_seed(const YamlEntry& entry) {
    if (entry.key != "seed") return false;
    diagnostics_.add(entry.location,
                     "seed is no factor; list the seeds under 'seeds' at the top of the file");
    return true;
  }

  void refuse_repeated_levels(const YamlEntry& factor) {
    // Side by side, a level may well come twice: its neighbours differ.
    if (block_.form == VaryForm::zip) return;
    const std::vector<YamlValue>& levels = factor.value.items;
    for (std::size_t i = 1; i < levels.size(); ++i) {
      const auto end = levels.begin() + static_cast<long>(i);
      if (std::any_of(levels.begin(), end,
                      [&](const YamlValue& level) { return same_value(level, levels[i]); })) {
        diagnostics_.add(levels[i].location, fmt::format("{} has the level {} twice; remove one", factor.key,
                                                         describe(levels[i])));
      }
    }
  }

  /// An override of a key that the cells set anyway would be without effect.
  void refuse_override(const YamlEntry& entry) {
    for (const Setting& setting : baseline_) {
      if (setting.key->name != entry.key || !setting.value.location.file.starts_with("--set ")) continue;
      diagnostics_.add(
          setting.value.location,
          fmt::format("{} is varied by the sweep; choose among its cells with --only \"{} == ...\"",
                      entry.key, entry.key));
    }
  }

  void refuse_unequal_lengths() {
    for (const Factor& factor : block_.factors) {
      const Factor& first = block_.factors.front();
      if (factor.levels.size() == first.levels.size()) continue;
      diagnostics_.add(factor.location,
                       fmt::format("{} has {} levels and {} has {}; zip needs equally many", factor.key->name,
                                   factor.levels.size(), first.key->name, first.levels.size()));
    }
  }

  void read_list(const YamlValue& list) {
    if (!require_list(list, "list", diagnostics_)) return;
    if (list.items.empty()) {
      diagnostics_.add(list.location, "list is empty; give it cells, for example - {lora_rank: 128}");
    }
    for (const YamlValue& item : list.items) {
      if (!require_map(item, "a cell of the list", diagnostics_)) continue;
      for (const YamlEntry& entry : item.entries) {
        refuse_seed(entry);
        refuse_override(entry);
      }
      block_.cells.push_back({item.location, read_settings(item, "a cell of the list", diagnostics_)});
    }
  }

  const std::vector<Setting>& baseline_;
  Diagnostics& diagnostics_;
  VaryBlock block_;
};

}  // namespace

std::vector<VaryBlock> read_vary_blocks(const YamlEntry& vary, const std::vector<Setting>& baseline,
                                        Diagnostics& diagnostics) {
  if (!vary.value.is_sequence())
    return {BlockReader(baseline, diagnostics).read(vary.value, vary.location, false)};
  if (vary.value.items.empty()) {
    diagnostics.add(vary.value.location,
                    "vary is an empty list; give it blocks, for example - grid: {lora_rank: [128, 256]}");
  }
  std::vector<VaryBlock> blocks;
  for (const YamlValue& item : vary.value.items)
    blocks.push_back(BlockReader(baseline, diagnostics).read(item, item.location, true));
  return blocks;
}

std::vector<Setting> read_settings(const YamlValue& map, std::string_view where, Diagnostics& diagnostics) {
  std::vector<Setting> settings;
  refuse_unknown_keys(map, key_names(), where, diagnostics);
  for (const YamlEntry& entry : map.entries) {
    if (const KeyDescription* key = find_key(entry.key)) settings.push_back({key, entry.value});
  }
  return settings;
}

std::vector<Expression> read_conditions(const YamlEntry& exclude, Diagnostics& diagnostics) {
  std::vector<Expression> conditions;
  if (!require_list(exclude.value, "exclude", diagnostics)) return conditions;
  for (const YamlValue& item : exclude.value.items) {
    const auto text = read_text(item, "a condition of exclude", diagnostics);
    if (!text) continue;
    try {
      conditions.push_back(Expression::parse_condition(*text, shifted(item.location, item.quoted ? 1 : 0)));
    } catch (const Error& error) {
      diagnostics.add_lines(error.what());
    }
  }
  return conditions;
}

bool require_map(const YamlValue& value, std::string_view what, Diagnostics& diagnostics) {
  if (value.is_map()) return true;
  diagnostics.add(value.location, fmt::format("{} is {}; it must be a map", what, describe(value)));
  return false;
}

bool require_list(const YamlValue& value, std::string_view what, Diagnostics& diagnostics) {
  if (value.is_sequence()) return true;
  diagnostics.add(value.location, fmt::format("{} is {}; it must be a list: [...]", what, describe(value)));
  return false;
}

}  // namespace imp::harness
