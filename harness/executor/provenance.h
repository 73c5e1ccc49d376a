// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace imp::harness {

/// Now, in UTC, as 2026-11-24T08:00:00Z.
[[nodiscard]] std::string iso_time_now();
[[nodiscard]] std::string host_name();

/// What makes a score believable: versions, commit, machine. Everything but dtype, started and ended.
[[nodiscard]] nlohmann::ordered_json provenance();

}  // namespace imp::harness
