// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/plan/plan.h"

namespace imp::harness {

// What a plan takes of a machine, as its printer shows it.

/// `48 KiB`, `512 MiB`, `547.5 GiB`.
[[nodiscard]] std::string size_as_text(std::int64_t bytes);

/// `5,000`, as people write it.
[[nodiscard]] std::string grouped(std::size_t number);

/// Lines of the disk, of how features are had, and of the devices.
[[nodiscard]] std::string resources_as_text(const Plan& plan);

/// The same for programs: bytes, features (null where there is nothing to choose), devices.
[[nodiscard]] nlohmann::ordered_json resources_as_json(const Plan& plan);

[[nodiscard]] nlohmann::ordered_json memory_as_json(const std::optional<MemoryEstimate>& memory);

}  // namespace imp::harness
