// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace imp::harness {

/// The JSON Schema (draft 2020-12) of a sweep file, made from configuration_keys(): `imp-sweep schema`.
[[nodiscard]] nlohmann::ordered_json sweep_schema();

}  // namespace imp::harness
