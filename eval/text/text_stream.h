// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace imp::eval {

/// A file read in pieces. Held are the bytes from the first that is not dropped to the last one read, so that
/// memory follows the longest record, not the file.
class TextStream {
 public:
  /// Readable bytes after held(), as simdjson wants them.
  static constexpr std::size_t kPadding = 64;

  /// Opens the file and reads its first piece; a byte order mark is passed over. Throws imp::Error (usage) if
  /// it cannot be read.
  explicit TextStream(std::filesystem::path path);
  ~TextStream();
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string_view held() const { return {buffer_.data() + begin_, end_ - begin_}; }

  /// Adds a piece to what is held; false at the end of the file. Views into held() end here.
  bool read_more();
  /// Forgets the first bytes of held(). Views of them last until read_more().
  void drop(std::size_t bytes) { begin_ += bytes; }

  /// Throws imp::Error `file:line:column: message`; `at` points into held(), or into what was dropped since
  /// read_more().
  [[noreturn]] void fail(const char* at, const std::string& message) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  ///< of what is held in the buffer
  std::size_t lines_ = 0;            ///< line breaks before the buffer
  std::size_t columns_ = 0;          ///< bytes of the buffer's first line that stand before the buffer
};

}  // namespace imp::eval
