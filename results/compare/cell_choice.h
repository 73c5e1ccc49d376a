// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "results/database.h"

namespace imp::results {

/// A cell, or one trial of it, that a user named.
struct ChosenCell {
  std::int64_t sweep_id = 0;
  std::string sweep;
  std::string name;  ///< "ranks: lora_rank=128"
  bool is_trial = false;
  std::map<std::int64_t, std::int64_t> trial_of_seed;  ///< ids of the done trials
  std::map<std::string, std::string> settings;         ///< the configuration, without the seed for a cell
};

/// Finds `name`: the name of a cell ("lora_rank=128") or of a trial ("lora_rank=128,seed=1"), with its sweep
/// before it
/// ("ranks:lora_rank=128") or in the sweep `sweep` (empty: the newest). Throws StoreError (usage) with the
/// nearest name, also if none of its trials is done.
[[nodiscard]] ChosenCell choose_cell(Database& database, const std::string& name, const std::string& sweep);

/// A configuration as texts by key.
[[nodiscard]] std::map<std::string, std::string> settings_of(const std::string& config_json,
                                                             const std::string& where);

}  // namespace imp::results
