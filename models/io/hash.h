// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace imp {

/// 128-bit xxHash of the bytes, as 32 hexadecimal digits. Stable across machines.
[[nodiscard]] std::string content_hash(std::string_view bytes);

/// Hash of a file's content. Throws imp::Error (usage) if it cannot be read.
[[nodiscard]] std::string file_hash(const std::filesystem::path& path);

/// Hash over the relative names and contents of all regular files below a folder, in name order.
/// Throws imp::Error (usage) if the folder does not exist.
[[nodiscard]] std::string directory_hash(const std::filesystem::path& path);

/// A counter-based random number: a pure function of (seed, stream, counter), never a shared stream (design:
/// numerics).
[[nodiscard]] std::uint64_t counter_random(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

}  // namespace imp
