// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "results/printable.h"

namespace imp::results {

/// What a program's exit code will say about an error (design: exit codes).
enum class StoreErrorKind {
  usage = 2,        ///< a name, a path or a run file is wrong
  environment = 3,  ///< the database is locked, of a newer schema or damaged; the disk is full
};

/// The one exception type of results/. The message is one line (of a file with several mistakes, one each),
/// `where: what is wrong; what would be right`, fit to be shown to a user as it is.
class StoreError : public std::runtime_error {
 public:
  explicit StoreError(const std::string& message, StoreErrorKind kind = StoreErrorKind::usage)
      : std::runtime_error(printable(message)), kind_(kind) {}

  /// Several mistakes of one file, a line each.
  static StoreError of_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + printable(line);
    return {text, StoreErrorKind::usage, Lines()};
  }

  [[nodiscard]] StoreErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(kind_); }

 private:
  struct Lines {};
  StoreError(const std::string& text, StoreErrorKind kind, Lines) : std::runtime_error(text), kind_(kind) {}

  StoreErrorKind kind_;
};

}  // namespace imp::results
