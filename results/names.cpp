// SPDX-License-Identifier: Apache-2.0
#include "results/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace imp::results {
namespace {

constexpr std::size_t kLongest = 200;  // bounds the work on a name that nobody typed
constexpr std::size_t kShown = 12;

/// Levenshtein's distance: how many letters to insert, delete or change.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  if (known.empty()) return "";
  const std::string* nearest = nullptr;
  std::size_t smallest = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& each : known) {
    if (name.size() > kLongest || each.size() > kLongest) continue;
    const std::size_t distance = edit_distance(name, each);
    if (distance >= smallest) continue;
    smallest = distance;
    nearest = &each;
  }
  if (nearest != nullptr) return fmt::format("; did you mean '{}'?", *nearest);
  const auto end = known.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, known.size()));
  return fmt::format("; it is one of {}{}", fmt::join(known.begin(), end, ", "),
                     known.size() > kShown ? ", ..." : "");
}

}  // namespace imp::results
