// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "eval/text/text_stream.h"

namespace imp::eval {

/// A table of tab-separated values, or of comma-separated ones, with a header line. A field in double quotes
/// may hold separators, line breaks and, doubled, quotes, as Python's csv and pandas write them. One row is
/// in memory at a time.
class TsvReader {
 public:
  /// Reads the header. Throws imp::Error if the file cannot be read or has no header.
  explicit TsvReader(const std::filesystem::path& path, char separator = '\t');

  /// Moves to the next row; false at the end. Throws imp::Error with file and line if the row has another
  /// number of fields than the header, is not UTF-8, or a quote is not closed.
  bool next();

  [[nodiscard]] const std::vector<std::string>& headings() const { return headings_; }
  /// Line of the row, counted from 1.
  [[nodiscard]] std::size_t line() const { return line_; }

  /// The row's field under that heading, or nothing (an empty view) if there is no such column.
  [[nodiscard]] std::string_view operator[](std::string_view heading) const;

  /// Throws imp::Error naming file and line of the row.
  [[noreturn]] void fail(const std::string& message) const;

  /// Throws imp::Error naming the first of the headings that the table lacks.
  void require(const std::vector<std::string_view>& headings) const;

 private:
  bool read_row(std::vector<std::string>& fields);
  std::string_view take_plain(bool quoted);  ///< what is held up to the next mark of the format
  bool at_end();                             ///< reads on if nothing is held
  char take();

  TextStream stream_;
  char separator_;
  std::size_t line_ = 1;  ///< of the row last read
  std::size_t next_line_ = 1;
  std::vector<std::string> headings_;
  std::vector<std::string> row_;
};

}  // namespace imp::eval
