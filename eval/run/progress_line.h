// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace imp::eval {

/// One line on stderr that is written over: "textvqa [#####.....] 1200/5000, 61.2 questions/s, 62 s left". On
/// a terminal only; elsewhere nothing until finish(), which says what was done.
class ProgressLine {
 public:
  /// `before`: of `total`, those that were done already.
  ProgressLine(std::string name, std::size_t before, std::size_t total, std::string unit = "questions");

  void show(std::size_t done);
  void finish(std::size_t done);
  /// Takes the line away.
  void clear() const;

 private:
  [[nodiscard]] double seconds() const;

  std::string name_, unit_;
  std::size_t before_, total_;
  bool terminal_;
  std::chrono::steady_clock::time_point begun_, shown_;
};

}  // namespace imp::eval
