// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "models/config/config_keys.h"

namespace imp::models {

/// Throws imp::Error (usage) with a line for every key of `object` that the table has for default_only and
/// whose value is neither null nor the default. `where` names the file.
void refuse_keys(const nlohmann::json& object, const std::string& where, std::span<const ConfigKey> keys);

}  // namespace imp::models
