// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace imp {

/// Of this machine, as gethostname(2) has it; "unknown" where it has none.
[[nodiscard]] std::string host_name();

}  // namespace imp
