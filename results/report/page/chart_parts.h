// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "results/report/page/charts.h"

/// What the page's charts have in common: pieces of Vega-Lite specifications.
namespace imp::results::chart_parts {

inline constexpr const char* kBlue = "#3d7fdb";
inline constexpr const char* kGrey = "#8a8f99";

/// A fraction in points, as charts show it; null where there is none.
[[nodiscard]] double points(double fraction);
[[nodiscard]] nlohmann::json maybe_points(std::optional<double> fraction);

/// A specification with what every chart has; broken text in it is replaced.
[[nodiscard]] Chart finished(const std::string& id, const std::string& description, nlohmann::json spec);

[[nodiscard]] nlohmann::json quantitative(const std::string& field, const std::string& title);

/// Fields with their titles.
[[nodiscard]] nlohmann::json tooltip(const std::vector<std::pair<std::string, std::string>>& fields);

/// Colour by a field of so many distinct values; its legend below the chart, unless it would be longer than
/// one can use.
[[nodiscard]] nlohmann::json color_by(const std::string& field, const std::string& title, std::size_t values);

template <class Row, class Field>
std::size_t distinct(const std::vector<Row>& rows, Field Row::*field) {
  std::set<Field> values;
  for (const Row& row : rows) values.insert(row.*field);
  return values.size();
}

}  // namespace imp::results::chart_parts
