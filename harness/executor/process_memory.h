// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace imp::harness {

/// Gives the allocator's free memory back to the system, which keeps it otherwise: what one stage needed does
/// not count in the next one's peak.
void release_free_memory();

/// Releases free memory and begins a new peak. On kernels without /proc/self/clear_refs the peak remains that
/// of the whole process.
void begin_peak_memory();

/// Largest resident memory since begin_peak_memory(), or of the whole process; 0 where /proc does not say.
[[nodiscard]] std::int64_t peak_memory_bytes();

}  // namespace imp::harness
