// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/plan/trial_config.h"

namespace imp::harness {

/// A key's value as JSON: text, number, or an object for data and templates that are given in full.
[[nodiscard]] nlohmann::ordered_json key_json(const KeyDescription& key, const TrialConfig& config);

/// A key's value as short text, for levels and tables: `128`, `0.0002`, `phi`; for data its JSON file's path.
[[nodiscard]] std::string key_text(const KeyDescription& key, const TrialConfig& config);

/// The flat object of all keys, in the order of configuration_keys().
[[nodiscard]] nlohmann::ordered_json to_json(const TrialConfig& config);

/// One `key: value` a line in the order of configuration_keys(); load_config() reads it back.
[[nodiscard]] std::string to_yaml(const TrialConfig& config);

/// The table of keys for the documentation, in Markdown.
[[nodiscard]] std::string keys_as_markdown();

}  // namespace imp::harness
