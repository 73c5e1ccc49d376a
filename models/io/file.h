// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace imp {

/// Whole content of a file. Throws imp::Error (usage) naming the path if it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// Writes a file aside, fsyncs it and renames it over `path`; readers see the old or the new content, never a
/// part. Parent folders are created. Throws imp::Error (environment) naming the path and the system's reason.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Renames `from` to `to` after fsyncing every regular file below `from` and both parent folders.
/// `to` must not exist. Throws imp::Error (environment).
void publish_directory(const std::filesystem::path& from, const std::filesystem::path& to);

/// Appends one line (a newline is added) and leaves it to the kernel; used for logs that are synced at
/// checkpoints.
class LineWriter {
 public:
  /// Opens for appending; truncates first to `keep_bytes` when it is not negative. Throws imp::Error
  /// (environment).
  explicit LineWriter(const std::filesystem::path& path, long long keep_bytes = -1);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  LineWriter(LineWriter&& other) noexcept;
  LineWriter& operator=(LineWriter&&) = delete;

  void write(std::string_view line);
  /// Makes all written lines durable (fsync). Returns the file's length in bytes.
  long long sync();

 private:
  int descriptor_ = -1;
  std::filesystem::path path_;
};

/// Read-only memory mapping of a file.
class MappedFile {
 public:
  /// Throws imp::Error (usage) if the file is missing or cannot be mapped.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace imp
