// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/plan/plan.h"

namespace imp::harness {

/// What `imp-sweep plan` prints: the cells, then each stage with its status, time and reason, then the sum.
[[nodiscard]] std::string plan_as_text(const Plan& plan);

/// The same for programs (`--json`).
[[nodiscard]] nlohmann::ordered_json plan_as_json(const Plan& plan);

/// A duration for people: `45 s`, `3 min 20 s`, `2 h 05 min`; `unknown` for none.
[[nodiscard]] std::string duration_as_text(std::optional<double> seconds);

}  // namespace imp::harness
