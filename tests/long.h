// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string_view>

namespace imp::test {

/// Whether the fuller form of a test is asked for: `./imp test --long` sets IMP_LONG=1, `./imp test`
/// IMP_LONG=0.
[[nodiscard]] inline bool is_long() {
  const char* value = std::getenv("IMP_LONG");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace imp::test
