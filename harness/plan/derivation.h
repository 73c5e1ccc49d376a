// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "harness/plan/diagnostics.h"
#include "harness/plan/sweep_spec.h"

namespace imp::harness {

/// The values that files give the keys of one cell, by the key's name.
using CellSettings = std::map<std::string_view, const YamlValue*>;

/// The configuration of a cell: each setting read and checked, `${expression}` in it replaced by its value,
/// which may rest on other keys, set or default. Mistakes (also cycles of `${...}`) go to `diagnostics`.
[[nodiscard]] TrialConfig derive_config(const CellSettings& settings, Diagnostics& diagnostics);

}  // namespace imp::harness
