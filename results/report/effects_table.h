// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/database.h"
#include "results/report/effect_list.h"
#include "results/report/table.h"

namespace imp::results {

/// The effects of a sweep (the newest one if the name is empty). Throws StoreError as choose_sweep does.
[[nodiscard]] Table effects_table(Database& database, const std::string& sweep, EffectRows rows);

/// The same of effects that were loaded before, all of that sort, of a sweep that exists.
[[nodiscard]] Table effects_table(Database& database, const std::string& sweep, EffectRows rows,
                                  const std::vector<Effect>& effects);

}  // namespace imp::results
