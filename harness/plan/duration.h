// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace imp::harness {

/// Seconds of a time as people write it: `2h`, `90m`, `45s`, `1h30m`, `1.5h`. Nothing for any other text.
[[nodiscard]] std::optional<double> parse_duration(std::string_view text);

}  // namespace imp::harness
