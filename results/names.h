// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace imp::results {

/// What to say after a name that is none: `; did you mean 'x'?` where a known one is near, else `; it is one
/// of a, b` (of many, the first), or nothing if there are none.
[[nodiscard]] std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace imp::results
