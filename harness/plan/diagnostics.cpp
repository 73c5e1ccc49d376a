// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/diagnostics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "models/io/error.h"

namespace imp::harness {

namespace {

constexpr std::size_t kMostLines = 20;
constexpr std::size_t kMostListed = 12;

/// Edits (insert, delete, replace, swap of neighbours) from one word to the other.
/// Optimal string alignment distance: Damerau, 1964, in the restricted form.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> previous(to.size() + 1);
  std::vector<std::size_t> current(to.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replace = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[to.size()];
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Order of lines in which numbers count by their value: `a:9:1` stands before `a:10:1`.
bool earlier_line(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const auto digits = [](std::string_view text) {
      return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    };
    const std::size_t of_a = digits(a);
    const std::size_t of_b = digits(b);
    if (of_a > 0 && of_b > 0 && of_a != of_b) return of_a < of_b;
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.size() < b.size();
}

}  // namespace

std::string to_string(const Location& location) {
  if (location.line == 0) return location.file;
  return fmt::format("{}:{}:{}", location.file, location.line, location.column);
}

Location shifted(Location location, std::size_t columns) {
  location.column += static_cast<int>(columns);
  return location;
}

void Diagnostics::add(const Location& location, std::string_view message) {
  add_lines(fmt::format("{}: {}", to_string(location), message));
}

void Diagnostics::add_lines(std::string_view lines) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (known_.emplace(line).second) lines_.emplace_back(line);
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
  }
}

void Diagnostics::throw_if_any() const {
  if (lines_.empty()) return;
  std::vector<std::string> lines = lines_;
  std::stable_sort(lines.begin(), lines.end(), earlier_line);
  const std::size_t shown = std::min(lines.size(), kMostLines);
  std::string message;
  for (std::size_t i = 0; i < shown; ++i) message += (i == 0 ? "" : "\n") + lines[i];
  if (shown < lines_.size()) message += fmt::format("\n... and {} more", lines_.size() - shown);
  throw Error::of_lines(message);
}

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > 100) return "";
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string near = closest(word, candidates);
  if (!near.empty()) return fmt::format("; did you mean '{}'?", near);
  if (candidates.empty() || candidates.size() > kMostListed) return "";
  return fmt::format("; it is one of: {}", fmt::join(candidates, ", "));
}

}  // namespace imp::harness
