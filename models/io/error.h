// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace imp {

/// What a program's exit code will say about an error (design: exit codes).
enum class ErrorKind {
  usage = 2,        ///< the user's input is wrong: a sweep file, a data file, a checkpoint, an option
  environment = 3,  ///< the machine is: disk full, folder not writable, package or device missing
};

/// The one exception type of models/, eval/ and harness/. The message is one line,
/// `where: what is wrong; what would be right`, fit to be shown to a user as it is.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorKind kind = ErrorKind::usage)
      : std::runtime_error(printable(message, '?')), kind_(kind) {}

  /// All errors of a file at once, a line each.
  [[nodiscard]] static Error of_lines(const std::string& lines, ErrorKind kind = ErrorKind::usage) {
    return {printable(lines, '\n'), kind, Checked{}};
  }

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(kind_); }

 private:
  struct Checked {};
  Error(const std::string& message, ErrorKind kind, Checked) : std::runtime_error(message), kind_(kind) {}

  /// Names out of a damaged file may hold anything, and the message goes to a terminal.
  static std::string printable(std::string message, char newline) {
    for (char& c : message) {
      if (c == '\n') {
        c = newline;
      } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        c = '?';
      }
    }
    return message;
  }

  ErrorKind kind_;
};

}  // namespace imp
