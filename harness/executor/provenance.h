// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace imp::harness {

/// Now, in UTC, as 2026-11-24T08:00:00Z.
[[nodiscard]] std::string iso_time_now();

/// What makes a score believable: versions, commit, machine. Everything but dtype, started and ended.
/// device: that the models ran on, as models::describe() has it.
[[nodiscard]] nlohmann::ordered_json provenance(const std::string& device);

}  // namespace imp::harness
