// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "results/database.h"
#include "results/report/table.h"

namespace imp::results {

/// What machine time costs.
struct MachineRate {
  double an_hour = 0.0;
  std::string currency;  ///< for people; may be empty
};

/// What each trial of a sweep cost (view v_cost): its own stages and its share of those it shares, training
/// and evaluation, FLOPs, memory, energy, and money where a rate is given; in the notes what the sweep took
/// in all and what sharing saved (v_sweep_cost). Throws StoreError (usage) if there is no such sweep; an
/// empty name means the newest.
[[nodiscard]] Table cost_table(Database& database, const std::string& sweep = "",
                               const std::optional<MachineRate>& rate = {});

}  // namespace imp::results
