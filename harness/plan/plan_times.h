// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "harness/plan/plan.h"

namespace imp::harness {

// The times of a plan, as its printer shows them.

/// `6 min 12 s`, `~6 min 12 s` where no earlier stage of the kind tells it, `unknown`, `-` for one that is
/// reused.
[[nodiscard]] std::string time_as_text(const PlannedStage& stage);

/// Of all stages.
[[nodiscard]] std::string total_time_as_text(const Plan& plan);

/// A line that says what times marked ~ rest on; empty where none is.
[[nodiscard]] std::string sources_of_times(const Plan& plan);

/// For programs; empty for none.
[[nodiscard]] std::string_view source_name(TimeSource source);

}  // namespace imp::harness
