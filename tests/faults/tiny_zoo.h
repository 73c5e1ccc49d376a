// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace imp::test {

inline constexpr std::int64_t kTinyVisionHidden = 32, kTinyTextHidden = 48;

/// Writes `<folder>/phi` and `<folder>/siglip`: untrained models of two blocks, a pure function of nothing.
/// Tests of what a run leaves behind need models that are small and always the same, not good ones.
void write_tiny_zoo(const std::filesystem::path& folder);

}  // namespace imp::test
