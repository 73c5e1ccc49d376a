// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "eval/predictions/score.h"

namespace imp::eval {

/// A score with everything that came with it, as `imp-eval score --json` and results.json have it.
[[nodiscard]] nlohmann::ordered_json report_json(const std::string& benchmark, const ScoreReport& report);

}  // namespace imp::eval
