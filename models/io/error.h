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

/// The one exception type of models/, eval/ and harness/. The message is a line,
/// `where: what is wrong; what would be right`, fit to be shown to a user as it is; a sweep file's errors are
/// told all at once, a line each.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorKind kind = ErrorKind::usage)
      : std::runtime_error(printable(message)), kind_(kind) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(kind_); }

 private:
  /// Names out of a damaged file may hold anything, and the message goes to a terminal.
  static std::string printable(std::string message) {
    for (char& c : message) {
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = '?';
    }
    return message;
  }

  ErrorKind kind_;
};

}  // namespace imp
