// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace imp::harness {

using TextRow = std::vector<std::string>;

/// Left-aligned columns, two spaces apart, a line a row.
[[nodiscard]] std::string as_table(const std::vector<TextRow>& rows);

/// The same of `count` rows that `row` makes, twice each: a plan may have half a million.
[[nodiscard]] std::string as_table(std::size_t count, const std::function<TextRow(std::size_t)>& row);

}  // namespace imp::harness
