// SPDX-License-Identifier: Apache-2.0
#include "results/report/display.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace imp::results {
namespace {

bool is_combining(char32_t code) {
  return (code >= 0x300 && code <= 0x36F) || (code >= 0x200B && code <= 0x200D);
}

/// The large blocks of Unicode's East Asian Width "W" and "F" (UAX 11).
bool is_wide(char32_t code) {
  constexpr std::array<std::pair<char32_t, char32_t>, 7> kBlocks{{{0x1100, 0x115F},
                                                                  {0x2E80, 0xA4CF},
                                                                  {0xAC00, 0xD7A3},
                                                                  {0xF900, 0xFAFF},
                                                                  {0xFF00, 0xFF60},
                                                                  {0x1F300, 0x1FAFF},
                                                                  {0x20000, 0x3FFFD}}};
  for (const auto& [first, last] : kBlocks) {
    if (code >= first && code <= last) return true;
  }
  return false;
}

std::size_t width_of(char32_t code) {
  return is_combining(code) ? 0 : is_wide(code) ? 2 : 1;
}

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& position) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(position++);
  int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  char32_t code = more == 0 ? first : first & (0x3Fu >> more);
  for (; more > 0 && position < text.size() && (byte(position) & 0xC0) == 0x80; --more) {
    code = (code << 6) | (byte(position++) & 0x3Fu);
  }
  return code;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t position = 0; position < text.size();) width += width_of(next_code_point(text, position));
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t position = 0;
  std::size_t end = 0;
  for (std::size_t taken = 0; position < text.size(); end = position) {
    taken += width_of(next_code_point(text, position));
    if (taken + 1 > width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string percent(std::optional<double> fraction) {
  return fraction ? fmt::format("{:.1f}", 100.0 * *fraction) : kNothing;
}

std::string signed_percent(double fraction) {
  const double rounded = std::round(1000.0 * fraction) / 10.0;
  return fmt::format("{}{:.1f}", rounded < 0.0 ? "−" : "+", std::abs(rounded));
}

std::string difference_text(double difference, std::optional<double> low, std::optional<double> high) {
  const std::string text = signed_percent(difference);
  if (!low || !high) return text;
  return fmt::format("{} [{}, {}]", text, signed_percent(*low), signed_percent(*high));
}

bool excludes_zero(std::optional<double> low, std::optional<double> high) {
  return low && high && (*low > 0.0 || *high < 0.0);
}

std::string short_count(std::optional<double> count) {
  if (!count) return kNothing;
  if (*count >= 1e9) return fmt::format("{:.2f} B", *count / 1e9);
  if (*count >= 1e6) return fmt::format("{:.2f} M", *count / 1e6);
  if (*count >= 1e4) return fmt::format("{:.1f} K", *count / 1e3);
  return fmt::format("{:.0f}", *count);
}

std::string grouped(std::optional<double> number) {
  if (!number) return kNothing;
  const std::string digits = fmt::format("{:.0f}", std::abs(*number));
  std::string result = *number < 0.0 ? "-" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

std::string duration(std::optional<double> seconds) {
  if (!seconds) return kNothing;
  if (*seconds < 10.0) return fmt::format("{:.1f} s", *seconds);
  if (*seconds > 1e12) return fmt::format("{:.3g} s", *seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(*seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string operations(std::optional<double> count) {
  if (!count) return kNothing;
  constexpr std::array<std::pair<double, const char*>, 6> kPrefixes{
      {{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "K"}}};
  for (const auto& [unit, prefix] : kPrefixes) {
    if (*count >= unit) return fmt::format("{:.2f} {}", *count / unit, prefix);
  }
  return fmt::format("{:.0f}", *count);
}

std::string energy(std::optional<double> joules) {
  if (!joules) return kNothing;
  const double hours = *joules / 3600.0;
  return hours >= 1000.0 ? fmt::format("{:.2f} kWh", hours / 1000.0) : fmt::format("{:.2f} Wh", hours);
}

std::string bytes(std::optional<double> count) {
  if (!count) return kNothing;
  constexpr double kMebi = 1024.0 * 1024.0;
  return *count >= 1024.0 * kMebi ? fmt::format("{:.2f} GiB", *count / (1024.0 * kMebi))
                                  : fmt::format("{:.0f} MiB", *count / kMebi);
}

}  // namespace imp::results
