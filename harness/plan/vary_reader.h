// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "harness/plan/vary_block.h"

namespace imp::harness {

/// The blocks of `vary`: one, or each of a list. `baseline` is the file's; an override of a key that a block
/// sets anyway is refused. Mistakes go to `diagnostics`.
[[nodiscard]] std::vector<VaryBlock> read_vary_blocks(const YamlEntry& vary,
                                                      const std::vector<Setting>& baseline,
                                                      Diagnostics& diagnostics);

/// The configuration keys of a map, unknown ones refused.
[[nodiscard]] std::vector<Setting> read_settings(const YamlValue& map, std::string_view where,
                                                 Diagnostics& diagnostics);

/// The conditions of an `exclude`.
[[nodiscard]] std::vector<Expression> read_conditions(const YamlEntry& exclude, Diagnostics& diagnostics);

/// Whether a value is a map, or a list; notes it where not.
bool require_map(const YamlValue& value, std::string_view what, Diagnostics& diagnostics);
bool require_list(const YamlValue& value, std::string_view what, Diagnostics& diagnostics);

}  // namespace imp::harness
