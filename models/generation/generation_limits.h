// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace imp::models {

/// Bytes for keys and values: as many as asked for, or 1 GiB for 0. On a GPU for 0 half of the memory that is
/// free, and never more than nine tenths of it.
[[nodiscard]] int64_t kv_budget(int64_t asked, at::Device device);

/// Tokens of a pass: as many as asked for, or for 0 what a device needs to be busy, 512 or 16384.
[[nodiscard]] int64_t rows_of_pass(int64_t asked, at::Device device);

}  // namespace imp::models
