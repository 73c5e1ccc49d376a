// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/expand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/plan/added_seeds.h"
#include "harness/plan/config_checks.h"
#include "harness/plan/config_writer.h"
#include "harness/plan/derivation.h"
#include "harness/plan/trial_name.h"
#include "models/io/error.h"
#include "models/io/hash.h"

namespace imp::harness {

namespace {

constexpr std::size_t kMostTrials = 20'000;

/// One cell before its values are read.
struct Cell {
  Location location;
  CellSettings settings;
  std::vector<const KeyDescription*> named;  ///< the keys that its name shows
};

class Expander {
 public:
  Expander(SweepSpec spec, const AddedSeeds& added) : added_(added) { sweep_.spec = std::move(spec); }

  Sweep expand(const std::string& only) {
    collect_factors();
    make_cells();
    const std::size_t seeds = std::max<std::size_t>(spec().seeds.size(), 1);
    if (cells_.size() * seeds > kMostTrials) fail_too_many(cells_.size() * seeds);
    for (const Cell& cell : cells_) make_trials(cell);
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

  [[noreturn]] void fail_too_many(std::size_t count) const {
    throw Error(fmt::format("{}: {} cells or more; at most {} are planned: drop levels or seeds",
                            to_string(spec().vary_location), count, kMostTrials));
  }

  void collect_factors() {
    for (const Factor& factor : spec().factors) factors_.push_back(factor.key);
    for (const ListedCell& cell : spec().cells) {
      for (const Setting& setting : cell.settings) {
        if (std::find(factors_.begin(), factors_.end(), setting.key) == factors_.end())
          factors_.push_back(setting.key);
      }
    }
  }

  [[nodiscard]] Cell baseline_cell() const {
    Cell cell;
    cell.location = spec().vary_location;
    for (const Setting& setting : spec().baseline) cell.settings[setting.key->name] = &setting.value;
    return cell;
  }

  static void set(Cell& cell, const Factor& factor, std::size_t level) {
    cell.settings[factor.key->name] = &factor.levels[level];
    cell.named.push_back(factor.key);
  }

  void make_cells() {
    switch (spec().form) {
      case VaryForm::none:
        cells_.push_back(baseline_cell());
        break;
      case VaryForm::grid:
        make_grid();
        break;
      case VaryForm::ofat:
        cells_.push_back(baseline_cell());
        for (const Factor& factor : spec().factors) {
          for (std::size_t level = 0; level < factor.levels.size(); ++level) {
            cells_.push_back(baseline_cell());
            set(cells_.back(), factor, level);
          }
        }
        break;
      case VaryForm::zip:
        for (std::size_t level = 0; level < spec().factors.front().levels.size(); ++level) {
          cells_.push_back(baseline_cell());
          for (const Factor& factor : spec().factors) set(cells_.back(), factor, level);
        }
        break;
      case VaryForm::list:
        for (const ListedCell& listed : spec().cells) {
          cells_.push_back(baseline_cell());
          cells_.back().location = listed.location;
          for (const Setting& setting : listed.settings) {
            cells_.back().settings[setting.key->name] = &setting.value;
            cells_.back().named.push_back(setting.key);
          }
        }
        break;
    }
  }

  void make_grid() {
    std::size_t count = 1;
    for (const Factor& factor : spec().factors) {
      count *= factor.levels.size();
      if (count > kMostTrials) fail_too_many(count);
    }
    for (std::size_t index = 0; index < count; ++index) {
      Cell cell = baseline_cell();
      std::size_t below = count;
      for (const Factor& factor : spec().factors) {
        below /= factor.levels.size();
        set(cell, factor, index / below % factor.levels.size());
      }
      cells_.push_back(std::move(cell));
    }
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
    if (excluded(trial.config)) return;
    if (repeats(cell, trial.config)) return;
    for (const auto& [key, value] : settings) trial.origins.emplace(key, value->location);
    check_together(
        trial.config, !spec().benchmarks.empty(),
        [&](std::string_view key) {
          const auto origin = trial.origins.find(key);
          return origin == trial.origins.end() ? spec().baseline_location : origin->second;
        },
        diagnostics_);
    for (const KeyDescription* factor : factors_) {
      trial.levels.emplace_back(factor->name, key_text(*factor, trial.config));
    }
    std::vector<std::pair<std::string, std::string>> named;
    for (const KeyDescription* key : cell.named) named.emplace_back(key->name, key_text(*key, trial.config));
    trial.name = trial_name(named, trial.seed);
    sweep_.trials.push_back(std::move(trial));
  }

  [[nodiscard]] bool excluded(const TrialConfig& config) {
    return std::any_of(spec().exclude.begin(), spec().exclude.end(), [&](const Expression& condition) {
      try {
        return condition.holds(config);
      } catch (const Error& error) {
        diagnostics_.add_lines(error.what());
        return true;
      }
    });
  }

  /// Whether a cell comes a second time. One factor at a time meets the baseline's own level by nature;
  /// elsewhere it is a mistake.
  bool repeats(const Cell& cell, const TrialConfig& config) {
    if (seen_.insert(content_hash(to_yaml(config))).second) return false;
    if (spec().form != VaryForm::ofat && diagnostics_.empty()) {
      diagnostics_.add(cell.location,
                       fmt::format("the same configuration comes twice ({}); remove one of the cells",
                                   describe_cell(cell, config)));
    }
    return true;
  }

  static std::string describe_cell(const Cell& cell, const TrialConfig& config) {
    std::vector<std::string> parts;
    for (const KeyDescription* key : cell.named)
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
  std::vector<Cell> cells_;
  std::set<std::string> seen_;
  Diagnostics diagnostics_;
};

}  // namespace

Sweep expand(SweepSpec spec, const std::string& only, const AddedSeeds& added) {
  return Expander(std::move(spec), added).expand(only);
}

Location origin_of(const Trial& trial, const SweepSpec& spec, std::string_view key) {
  const auto found = trial.origins.find(key);
  return found == trial.origins.end() ? spec.baseline_location : found->second;
}

Sweep load_sweep(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                 const std::string& only, const std::filesystem::path& runs) {
  SweepSpec spec = read_sweep_spec(load_sweep_file(path, overrides));
  AddedSeeds added;
  if (!runs.empty()) added = added_seeds(read_looks(runs, spec.name));
  return expand(std::move(spec), only, added);
}

}  // namespace imp::harness
