// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/duration.h"

#include <charconv>
#include <cmath>

namespace imp::harness {

std::optional<double> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double seconds = 0.0;
  while (!text.empty()) {
    double number = 0.0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (error != std::errc() || !std::isfinite(number) || number < 0.0 || text.empty()) return std::nullopt;
    constexpr double kMinute = 60.0, kHour = 3600.0;
    switch (text.front()) {
      case 'h':
        seconds += number * kHour;
        break;
      case 'm':
        seconds += number * kMinute;
        break;
      case 's':
        seconds += number;
        break;
      default:
        return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return seconds;
}

}  // namespace imp::harness
