// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "results/claims/claims_file.h"
#include "results/database.h"
#include "results/effects/chosen_effects.h"

namespace imp::results {

/// The effect that a claim is about, or why there is none.
struct ClaimedEffect {
  std::optional<Effect> effect;  ///< from the claim's `from` to its `to`
  std::string missing;           ///< why there is none; empty if there is
  std::string among;             ///< "among the 4 of 8 cells with llm = phi"; empty if they are all
};

/// Finds the effects of claims: the sweep's own, or where a claim's `where` leaves some of its cells out, one
/// among those that it leaves.
class ClaimedEffects {
 public:
  explicit ClaimedEffects(Database& database) : database_(&database) {}

  [[nodiscard]] ClaimedEffect find(const Claim& claim);

 private:
  ChosenEffects& chosen_effects(std::int64_t sweep_id);
  std::vector<Effect> effects_for(const Claim& claim, ClaimedEffect& found);

  Database* database_;
  std::map<std::int64_t, ChosenEffects> by_sweep_;  ///< each has read its answers at most once
};

}  // namespace imp::results
