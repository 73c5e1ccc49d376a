// SPDX-License-Identifier: Apache-2.0
#include "results/claims/claimed_effect.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "results/names.h"
#include "results/numbers.h"
#include "results/report/effect_list.h"
#include "results/report/sweep_choice.h"

namespace imp::results {
namespace {

/// Whether two levels are the same: as text, or as numbers (2e-4 and 0.0002).
bool same_level(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const std::optional<double> x = number_in(a);
  const std::optional<double> y = number_in(b);
  return x && y && *x == *y;
}

/// The names that a query's first column holds, each once.
std::vector<std::string> names_in(Database& database, const char* sql, const std::string& sweep) {
  std::vector<std::string> names;
  Statement statement(database, sql);
  statement.bind_all(sweep);
  while (statement.step()) {
    if (std::find(names.begin(), names.end(), statement.text(0)) == names.end())
      names.push_back(statement.text(0));
  }
  return names;
}

/// Why there can be no effect to test the claim on; empty if there should be one.
std::string missing_effect(Database& database, const Claim& claim) {
  Statement sweep(database, "SELECT 1 FROM sweep WHERE name = ?");
  if (!sweep.bind_all(claim.sweep).step())
    return fmt::format("no sweep '{}' in the database yet", claim.sweep);
  const auto factors =
      names_in(database, "SELECT factor.name FROM factor JOIN sweep USING (sweep_id) WHERE sweep.name = ?",
               claim.sweep);
  if (std::find(factors.begin(), factors.end(), claim.factor) == factors.end())
    return fmt::format("the sweep does not vary '{}'{}", claim.factor, suggestion(claim.factor, factors));
  Statement levels(
      database,
      "SELECT level FROM factor JOIN sweep USING (sweep_id) WHERE sweep.name = ? AND factor.name = ?");
  std::vector<std::string> known;
  levels.bind_all(claim.sweep, claim.factor);
  while (levels.step()) known.push_back(levels.text(0));
  for (const std::string& level : {claim.from, claim.to}) {
    if (std::none_of(known.begin(), known.end(), [&](const auto& each) { return same_level(each, level); }))
      return fmt::format("{} has no level '{}' in the sweep{}", claim.factor, level,
                         suggestion(level, known));
  }
  return "";
}

/// "llm = phi, epochs = 2"
std::string condition_text(const Claim& claim) {
  std::string text;
  for (const auto& [key, wanted] : claim.where) text += (text.empty() ? "" : ", ") + key + " = " + wanted;
  return text;
}

bool meets(const ComparedCell& cell, const Claim& claim) {
  return std::all_of(claim.where.begin(), claim.where.end(), [&](const auto& condition) {
    const auto found = cell.settings.find(condition.first);
    return found != cell.settings.end() && same_level(found->second, condition.second);
  });
}

/// Why no cell meets the claim's conditions: the first key that no cell has, or that they do not come
/// together.
std::string no_such_cell(const std::vector<ComparedCell>& cells, const Claim& claim) {
  std::vector<std::string> keys;
  for (const ComparedCell& cell : cells) {
    for (const auto& [key, value] : cell.settings) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  for (const auto& [key, wanted] : claim.where) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return fmt::format("where: no configuration has the key '{}'{}", key, suggestion(key, keys));
  }
  return fmt::format("no cell that can be compared has {}", condition_text(claim));
}

/// The same seen the other way round.
void turn(Effect& effect) {
  effect.difference = -effect.difference;
  std::swap(effect.ci_low, effect.ci_high);
  if (effect.ci_low) effect.ci_low = -*effect.ci_low;
  if (effect.ci_high) effect.ci_high = -*effect.ci_high;
}

/// Those from the claim's `from` to its `to`, whichever way the effects have it.
std::vector<Effect> between_levels(std::vector<Effect> effects, const Claim& claim) {
  std::vector<Effect> found;
  for (Effect& effect : effects) {
    if (effect.factor != claim.factor) continue;
    const bool forth = same_level(effect.from_level, claim.from) && same_level(effect.to_level, claim.to);
    const bool back = same_level(effect.from_level, claim.to) && same_level(effect.to_level, claim.from);
    if (back) turn(effect);
    if (forth || back) found.push_back(std::move(effect));
  }
  return found;
}

}  // namespace

ChosenEffects& ClaimedEffects::chosen_effects(std::int64_t sweep_id) {
  return by_sweep_.try_emplace(sweep_id, *database_, sweep_id).first->second;
}

std::vector<Effect> ClaimedEffects::effects_for(const Claim& claim, ClaimedEffect& found) {
  if (!claim.where.empty()) {
    ChosenEffects& chosen = chosen_effects(sweep_id_of(*database_, claim.sweep));
    const auto is_chosen = [&](const ComparedCell& cell) { return meets(cell, claim); };
    const std::size_t count = chosen.count(is_chosen);
    const std::size_t all = chosen.cells().size();
    if (all > 0 && count == 0) found.missing = no_such_cell(chosen.cells(), claim);
    if (count < all) {
      found.among = fmt::format("among the {} of {} cells with {}", count, all, condition_text(claim));
      return chosen.among(is_chosen);
    }
  }
  return load_effects(*database_, claim.sweep, EffectRows::levels);
}

ClaimedEffect ClaimedEffects::find(const Claim& claim) {
  ClaimedEffect found;
  found.missing = missing_effect(*database_, claim);
  if (!found.missing.empty()) return found;
  const std::vector<Effect> effects = between_levels(effects_for(claim, found), claim);
  if (!found.missing.empty()) return found;
  const bool is_only =
      claim.benchmark == "average" && effects.size() == 1;  // the mean of one benchmark is itself
  const auto effect = std::find_if(effects.begin(), effects.end(), [&](const Effect& each) {
    return is_only || each.benchmark == claim.benchmark;
  });
  if (effect != effects.end()) {
    found.effect = *effect;
  } else if (effects.empty()) {
    found.missing =
        fmt::format("no effect of {} from {} to {} yet{}: it takes matched cells with a seed in common",
                    claim.factor, claim.from, claim.to, found.among.empty() ? "" : " " + found.among);
  } else {
    std::vector<std::string> benchmarks;
    for (const Effect& each : effects) benchmarks.push_back(each.benchmark);
    found.missing = fmt::format("no effect on the benchmark '{}'{}", claim.benchmark,
                                suggestion(claim.benchmark, benchmarks));
  }
  return found;
}

}  // namespace imp::results
