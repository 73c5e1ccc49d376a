// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imp::results {

// Numbers as people read them. Nothing to show is an en dash.

inline constexpr const char* kNothing = "–";

/// Code point at `position`, which moves behind it; a broken byte counts as one narrow character.
[[nodiscard]] char32_t next_code_point(std::string_view text, std::size_t& position);

/// Columns of a terminal that UTF-8 text takes: 2 for East Asian wide characters, 0 for combining marks.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// The text itself, or its beginning and an ellipsis if it takes more than `width` columns (at least 1).
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t width);

/// 0.6123 -> "61.2"
[[nodiscard]] std::string percent(std::optional<double> fraction);
/// 0.292 -> "+29.2", with a true minus sign for a loss.
[[nodiscard]] std::string signed_percent(double fraction);
/// A difference with its interval, all fractions: "+1.5 [−0.4, +3.4]"; the difference alone without one.
[[nodiscard]] std::string difference_text(double difference, std::optional<double> low,
                                          std::optional<double> high);
/// Whether an interval is known and excludes 0.
[[nodiscard]] bool excludes_zero(std::optional<double> low, std::optional<double> high);
/// 1572864 -> "1.57 M"
[[nodiscard]] std::string short_count(std::optional<double> count);
/// 12345.6 -> "12,346"
[[nodiscard]] std::string grouped(std::optional<double> number);
/// 112 -> "1 min 52 s"
[[nodiscard]] std::string duration(std::optional<double> seconds);
/// Floating-point operations: 1.5e15 -> "1.50 P"
[[nodiscard]] std::string operations(std::optional<double> count);
/// Joules in hours of a watt: 5400 -> "1.50 Wh"
[[nodiscard]] std::string energy(std::optional<double> joules);
/// 6442450944 -> "6.00 GiB"
[[nodiscard]] std::string bytes(std::optional<double> count);

}  // namespace imp::results
