// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "models/config/config_keys.h"

namespace imp::models {

/// A line for every key of `object` that the table has for default_only and whose value is neither null nor
/// the default; empty if there is none. `where` names the file.
[[nodiscard]] std::string refused_lines(const nlohmann::json& object, const std::string& where,
                                        std::span<const ConfigKey> keys);
/// Throws imp::Error (usage) with these lines, unless there are none.
void refuse_keys(const nlohmann::json& object, const std::string& where, std::span<const ConfigKey> keys);

/// What a refused value is shown as, which may be a page long.
[[nodiscard]] std::string shown_briefly(const nlohmann::json& value);

}  // namespace imp::models
