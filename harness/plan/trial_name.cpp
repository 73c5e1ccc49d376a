// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/trial_name.h"

#include <fmt/format.h>

#include "models/io/hash.h"

namespace imp::harness {

namespace {

/// Room for `,seed=` and 16 digits below the 143 bytes that encrypted file systems allow.
constexpr std::size_t kLongest = 110;

bool safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '=' || c == '+' || c == '-';
}

std::string with_hash(const std::string& shortened, const std::string& whole) {
  return fmt::format("{}-{}", shortened, content_hash(whole).substr(0, 8));
}

std::string level_name(const std::string& level) {
  if (level.empty()) return "none";
  std::string shortened = level;
  while (shortened.size() > 1 && shortened.back() == '/') shortened.pop_back();
  shortened = shortened.substr(shortened.rfind('/') + 1);
  for (char& c : shortened) c = safe(c) ? c : '_';
  return shortened == level ? level : with_hash(shortened, level);
}

}  // namespace

std::string trial_name(const std::vector<std::pair<std::string, std::string>>& levels, std::int64_t seed) {
  std::string cell;
  std::string whole;
  for (const auto& [factor, level] : levels) {
    if (!cell.empty()) cell += ',';
    cell.append(factor).append("=").append(level_name(level));
    whole.append(factor).append("=").append(level).append("\n");
  }
  if (cell.empty()) cell = "baseline";
  if (cell.size() > kLongest) cell = with_hash(cell.substr(0, kLongest - 9), whole);
  return fmt::format("{},seed={}", cell, seed);
}

}  // namespace imp::harness
