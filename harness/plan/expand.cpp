// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/expand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "harness/plan/added_seeds.h"
#include "harness/plan/cells.h"
#include "harness/plan/config_checks.h"
#include "harness/plan/config_writer.h"
#include "harness/plan/trial_name.h"
#include "models/io/error.h"
#include "models/io/hash.h"

namespace imp::harness {

namespace {

constexpr std::size_t kMostTrials = 200'000;

class Expander {
 public:
  Expander(SweepSpec spec, const AddedSeeds& added) : added_(added) { sweep_.spec = std::move(spec); }

  Sweep expand(const std::string& only) {
    collect_factors();
    refuse_too_many();
    for (std::size_t block = 0; block < spec().vary.size(); ++block) {
      collect_origins(block);
      for_each_cell(spec(), block, [this](const Cell& cell) { make_trials(cell); });
    }
    diagnostics_.throw_if_any();
    if (sweep_.trials.empty()) {
      throw Error(fmt::format("{}: every cell is excluded; loosen the conditions, or add levels",
                              to_string(spec().exclude_location)));
    }
    check_names();
    collect_levels();
    if (!only.empty()) keep_only(only);
    return std::move(sweep_);
  }

 private:
  [[nodiscard]] const SweepSpec& spec() const { return sweep_.spec; }

  void add_factor(const KeyDescription* key) {
    if (std::find(factors_.begin(), factors_.end(), key) == factors_.end()) factors_.push_back(key);
  }

  /// What a block sets for its cells alone tells them from those of other blocks, so it is a factor too.
  void collect_factors() {
    for (const VaryBlock& block : spec().vary) {
      for (const Setting& setting : block.baseline) add_factor(setting.key);
      for (const Factor& factor : block.factors) add_factor(factor.key);
      for (const ListedCell& cell : block.cells)
        for (const Setting& setting : cell.settings) add_factor(setting.key);
    }
  }

  void refuse_too_many() const {
    const std::size_t seeds = std::max<std::size_t>(spec().seeds.size(), 1);
    std::size_t count = 0;
    for (const VaryBlock& block : spec().vary) {
      count += count_cells(block, kMostTrials) * seeds;
      if (count <= kMostTrials) continue;
      throw Error(fmt::format("{}: {} cells or more; at most {} are planned: drop levels or seeds",
                              to_string(spec().vary_location), count, kMostTrials));
    }
  }

  void collect_origins(std::size_t block) {
    auto places = std::make_shared<Origins::Places>();
    for (const auto& [key, value] : baseline_cell(spec(), block).settings)
      places->emplace(key, value->location);
    origins_ = std::move(places);
  }

  void make_trials(const Cell& cell) {
    const std::size_t before = sweep_.trials.size();
    if (spec().seeds.empty()) make_trial(cell, cell.settings);
    for (const std::int64_t seed : spec().seeds) make_trial_of_seed(cell, seed);
    if (added_.empty() || sweep_.trials.size() == before) return;
    const Trial& first = sweep_.trials[before];
    const auto added = added_.find({first.levels.begin(), first.levels.end()});
    if (added == added_.end()) return;
    std::set<std::int64_t> present;
    for (std::size_t i = before; i < sweep_.trials.size(); ++i) present.insert(sweep_.trials[i].seed);
    for (const std::int64_t seed : added->second) {
      if (present.insert(seed).second) make_trial_of_seed(cell, seed);
    }
  }

  void make_trial_of_seed(const Cell& cell, std::int64_t seed) {
    YamlValue value;
    value.kind = YamlValue::Kind::scalar;
    value.location = spec().baseline_location;
    value.text = fmt::format("{}", seed);
    CellSettings settings = cell.settings;
    settings["seed"] = &value;
    make_trial(cell, settings);
  }

  void make_trial(const Cell& cell, const CellSettings& settings) {
    Trial trial;
    trial.config = derive_config(settings, diagnostics_);
    trial.seed = trial.config.seed;
    if (excluded(trial.config, spec().exclude)) return;
    if (excluded(trial.config, spec().vary[cell.block].exclude)) return;
    if (repeats(cell, trial.config)) return;
    trial.origins.baseline = origins_;
    for (const KeyDescription* key : cell.own)
      trial.origins.own.emplace_back(key->name, settings.at(key->name)->location);
    check_together(
        trial.config, !spec().benchmarks.empty(),
        [&](std::string_view key) { return origin_of(trial, spec(), key); }, diagnostics_);
    for (const KeyDescription* factor : factors_) {
      trial.levels.emplace_back(factor->name, key_text(*factor, trial.config));
    }
    std::vector<std::pair<std::string, std::string>> named;
    for (const KeyDescription* key : named_keys(spec(), cell))
      named.emplace_back(key->name, key_text(*key, trial.config));
    trial.name = trial_name(named, trial.seed);
    sweep_.trials.push_back(std::move(trial));
  }

  [[nodiscard]] bool excluded(const TrialConfig& config, const std::vector<Expression>& conditions) {
    return std::any_of(conditions.begin(), conditions.end(), [&](const Expression& condition) {
      try {
        return condition.holds(config);
      } catch (const Error& error) {
        diagnostics_.add_lines(error.what());
        return true;
      }
    });
  }

  /// Whether a cell comes a second time. Blocks may well overlap, and one factor at a time meets the
  /// baseline's own level by nature; elsewhere it is a mistake.
  bool repeats(const Cell& cell, const TrialConfig& config) {
    const auto [place, fresh] = block_of_.emplace(content_hash(to_yaml(config)), cell.block);
    if (fresh) return false;
    const bool is_mistake = place->second == cell.block && spec().vary[cell.block].form != VaryForm::ofat;
    if (is_mistake && diagnostics_.empty()) {
      diagnostics_.add(cell.location,
                       fmt::format("the same configuration comes twice ({}); remove one of the cells",
                                   describe_cell(cell, config)));
    }
    return true;
  }

  [[nodiscard]] std::string describe_cell(const Cell& cell, const TrialConfig& config) const {
    std::vector<std::string> parts;
    for (const KeyDescription* key : named_keys(spec(), cell))
      parts.push_back(fmt::format("{}={}", key->name, key_text(*key, config)));
    return parts.empty() ? "the baseline" : fmt::format("{}", fmt::join(parts, ", "));
  }

  void check_names() const {
    std::set<std::string_view> names;
    for (const Trial& trial : sweep_.trials) {
      if (!names.insert(trial.name).second) {
        throw Error(
            fmt::format("{}: two cells would share the folder '{}'; make their levels differ in more than "
                        "strings of a template",
                        to_string(spec().vary_location), trial.name));
      }
    }
  }

  void collect_levels() {
    for (std::size_t i = 0; i < factors_.size(); ++i) {
      FactorLevels factor{std::string(factors_[i]->name), {}};
      std::set<std::string_view> seen;
      for (const Trial& trial : sweep_.trials) {
        if (seen.insert(trial.levels[i].second).second) factor.levels.push_back(trial.levels[i].second);
      }
      sweep_.factors.push_back(std::move(factor));
    }
    std::set<std::int64_t> seen;
    for (const Trial& trial : sweep_.trials) {
      if (seen.insert(trial.seed).second) sweep_.seeds.push_back(trial.seed);
    }
  }

  void keep_only(const std::string& only) {
    const Expression condition = Expression::parse_condition(only, {"--only", 1, 1});
    std::erase_if(sweep_.trials, [&](const Trial& trial) { return !condition.holds(trial.config); });
    if (!sweep_.trials.empty()) return;
    std::vector<std::string> levels;
    for (const FactorLevels& factor : sweep_.factors) {
      levels.push_back(fmt::format("{} = {}", factor.name, fmt::join(factor.levels, " | ")));
    }
    throw Error(fmt::format("--only: no cell of {} satisfies '{}'; it varies {}", spec().file.string(), only,
                            levels.empty() ? "nothing" : fmt::format("{}", fmt::join(levels, ", "))));
  }

  const AddedSeeds& added_;
  Sweep sweep_;
  std::vector<const KeyDescription*> factors_;
  std::shared_ptr<const Origins::Places> origins_;         ///< of the block at hand
  std::unordered_map<std::string, std::size_t> block_of_;  ///< the first with a configuration, by its hash
  Diagnostics diagnostics_;
};

}  // namespace

Sweep expand(SweepSpec spec, const std::string& only, const AddedSeeds& added) {
  return Expander(std::move(spec), added).expand(only);
}

const Location* Origins::find(std::string_view key) const {
  for (const auto& [name, location] : own)
    if (name == key) return &location;
  if (baseline == nullptr) return nullptr;
  const auto found = baseline->find(key);
  return found == baseline->end() ? nullptr : &found->second;
}

Location origin_of(const Trial& trial, const SweepSpec& spec, std::string_view key) {
  const Location* found = trial.origins.find(key);
  return found == nullptr ? spec.baseline_location : *found;
}

Sweep load_sweep(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                 const std::string& only, const std::filesystem::path& runs) {
  SweepSpec spec = read_sweep_spec(load_sweep_file(path, overrides));
  AddedSeeds added;
  if (!runs.empty()) added = added_seeds(read_looks(runs, spec.name));
  return expand(std::move(spec), only, added);
}

}  // namespace imp::harness
