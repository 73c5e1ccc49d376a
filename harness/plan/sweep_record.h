// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/plan/plan.h"

namespace imp::harness {

/// The content of `runs/<sweep>/sweep.json`. `created` is an ISO time; kept from the first start by the
/// caller.
[[nodiscard]] nlohmann::ordered_json sweep_record(const Plan& plan, const std::string& created);

}  // namespace imp::harness
