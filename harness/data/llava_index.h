// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace imp::harness {

/// Which content of a file an index belongs to.
struct FileIdentity {
  std::uint64_t size = 0;
  std::int64_t modified = 0;  ///< nanoseconds
  std::string samples;        ///< hash of the size and of 64 stretches of the content

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

[[nodiscard]] FileIdentity identity_of(const std::filesystem::path& file);

/// Where rows stand in a file of LLaVA's JSON.
struct LlavaIndex {
  std::vector<std::uint64_t> begins;
  std::vector<std::uint32_t> lengths;
  std::vector<std::int32_t> words;  ///< modality lengths
  std::vector<std::string> pictures;
  bool whole = true;  ///< false: only the front of the file was read
};

/// Reads a file once, a chunk at a time, and checks every row that begins in its first `most_bytes` bytes.
/// Throws imp::Error (usage) as LlavaFile says.
[[nodiscard]] LlavaIndex scan_llava_file(
    const std::filesystem::path& file, std::uint64_t most_bytes = std::numeric_limits<std::uint64_t>::max());

/// An index as the bytes of its file: identity, then the arrays one after another, each begun at a multiple
/// of 8 bytes. The file is a cache of this machine; its numbers have the machine's byte order.
[[nodiscard]] std::string index_bytes(const LlavaIndex& index, const FileIdentity& identity);

/// The arrays of an index inside of its file's bytes.
struct IndexView {
  const std::uint64_t* begins = nullptr;
  const std::uint32_t* lengths = nullptr;
  const std::int32_t* words = nullptr;
  std::string_view pictures;  ///< names, each ended by a zero byte
  std::int64_t rows = 0;
};

/// False if the bytes are no whole index of a file with this identity.
[[nodiscard]] bool view_index(std::string_view bytes, const FileIdentity& identity, IndexView& view);

}  // namespace imp::harness
