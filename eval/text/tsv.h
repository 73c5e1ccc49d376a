// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace imp::eval {

/// A table of tab-separated values with a header line. A field in double quotes may hold tabs, line breaks
/// and, doubled, quotes, as Python's csv and pandas write them.
class TsvReader {
 public:
  /// Reads the file and its header. Throws imp::Error if it cannot be read, is not UTF-8, or has no header.
  explicit TsvReader(const std::filesystem::path& path);

  /// Moves to the next row; false at the end. Throws imp::Error with file and line if the row has another
  /// number of fields than the header or a quote is not closed.
  bool next();

  /// The row's field under that heading, or nothing (an empty view) if there is no such column.
  [[nodiscard]] std::string_view operator[](std::string_view heading) const;

  /// Throws imp::Error naming file and line of the row.
  [[noreturn]] void fail(const std::string& message) const;

  /// Throws imp::Error naming the first of the headings that the table lacks.
  void require(const std::vector<std::string_view>& headings) const;

 private:
  bool read_row(std::vector<std::string>& fields);

  std::filesystem::path path_;
  std::string content_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;  ///< of the row last read
  std::size_t next_line_ = 1;
  std::vector<std::string> headings_;
  std::vector<std::string> row_;
};

}  // namespace imp::eval
