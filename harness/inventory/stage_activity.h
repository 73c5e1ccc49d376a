// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace imp::harness {

/// What was written so recently may still be in use.
inline constexpr std::chrono::hours kRecently{1};

/// Whether a time stamp is less than an hour old (or in the future: clocks differ).
[[nodiscard]] bool is_recent(std::filesystem::file_time_type written);

/// Whether somebody may be making the stage `<kind>-<key>` now: somebody holds its lease, or a folder
/// aside in which it was made (`.making-`) was written in the last hour.
[[nodiscard]] bool is_being_made(const std::filesystem::path& stages, const std::string& stage);

}  // namespace imp::harness
