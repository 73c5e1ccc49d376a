// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "harness/plan/diagnostics.h"
#include "harness/plan/trial_config.h"
#include "harness/plan/yaml_document.h"

namespace imp::harness {

/// A whole number in a plain scalar from minimum to maximum, or nothing and a line in `diagnostics`
/// that opens with `what`.
std::optional<std::int64_t> read_whole_number(const YamlValue& value, std::string_view what,
                                              std::int64_t minimum, std::int64_t maximum,
                                              Diagnostics& diagnostics);

/// The text of a scalar, or nothing and a line in `diagnostics` that opens with `what`.
std::optional<std::string> read_text(const YamlValue& value, std::string_view what, Diagnostics& diagnostics);

/// Reads one key's value into `config`, after checking type, choices and bounds. Mistakes go to
/// `diagnostics`.
void read_key(const KeyDescription& key, const YamlValue& value, TrialConfig& config,
              Diagnostics& diagnostics);

/// Adds `unknown key 'x'; did you mean 'y'?` for every entry of `map` whose key is not in `known`.
void refuse_unknown_keys(const YamlValue& map, const std::vector<std::string>& known, std::string_view where,
                         Diagnostics& diagnostics);

/// Reads a configuration that to_yaml() wrote (`resolved.yaml`). Throws imp::Error (usage) with all mistakes.
[[nodiscard]] TrialConfig load_config(const std::filesystem::path& path);

}  // namespace imp::harness
