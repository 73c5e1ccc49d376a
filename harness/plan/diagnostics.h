// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace imp::harness {

/// A place in a user's file or option. Lines and columns count from 1; line 0 means the file as a whole.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
};

/// `file:line:column`, or the file alone for a place without a line.
[[nodiscard]] std::string to_string(const Location& location);

/// The same place `columns` further right.
[[nodiscard]] Location shifted(Location location, std::size_t columns);

/// Collects every mistake of a file, so that a user sees all of them at once.
class Diagnostics {
 public:
  /// Notes one mistake; the same line is kept once, for a mistake in a baseline shows in every cell.
  void add(const Location& location, std::string_view message);
  /// Notes lines that are finished already (the message of an imp::Error).
  void add_lines(std::string_view lines);

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// Throws imp::Error (usage) with one line a mistake in the order of the file, the first 20 of them, if
  /// there is any.
  void throw_if_any() const;

 private:
  std::vector<std::string> lines_;
  std::unordered_set<std::string> known_;  ///< the same
};

/// The candidate with the smallest edit distance to a misspelt word, or "" if none is near.
[[nodiscard]] std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// `; did you mean 'x'?` where a candidate is near, else `; it is one of: a, b, c` (or nothing, if there are
/// many).
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace imp::harness
