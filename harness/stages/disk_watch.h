// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "harness/preflight/disk_check.h"

namespace imp::harness {

/// Waits while the disk of a folder has less room than `bytes` and a margin; `say` is told when the wait
/// begins and when it ends. What is less than 64 MiB is not waited for, as in require_room(): a disk that
/// such a need fills ends a run cleanly. Throws Interrupted when `stop` becomes true. `available` and `poll`
/// are for tests.
void wait_for_room(
    const std::filesystem::path& folder, std::int64_t bytes, const std::atomic<bool>& stop,
    const std::function<void(const std::string&)>& say,
    const std::function<std::int64_t(const std::filesystem::path&)>& available = available_bytes,
    std::chrono::milliseconds poll = std::chrono::seconds(5));

}  // namespace imp::harness
