// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace imp::harness {

/// The name of a trial, `lora_rank=128,seed=1`, from the factors that tell its cell from the others;
/// `baseline,seed=1` without any. Made of letters, digits and `._=,+-`. A level that is a path is cut to its
/// last part, a level with other characters has them replaced, a long name is cut: a hash of the whole is
/// added in each case.
[[nodiscard]] std::string trial_name(const std::vector<std::pair<std::string, std::string>>& levels,
                                     std::int64_t seed);

}  // namespace imp::harness
