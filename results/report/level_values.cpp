// SPDX-License-Identifier: Apache-2.0
#include "results/report/level_values.h"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace imp::results {

LevelValues::LevelValues(Database& database, std::int64_t sweep_id) {
  Statement statement(
      database,
      "SELECT key FROM trial, json_each(CASE WHEN json_valid(config_json) THEN config_json ELSE '{}' END) "
      "WHERE trial_id IN (SELECT min(trial_id) FROM trial WHERE sweep_id = ?1 GROUP BY cell_number) "
      "AND key IN (SELECT name FROM factor WHERE sweep_id = ?1) "
      "GROUP BY key HAVING min(type IN ('integer', 'real'))");
  statement.bind_all(sweep_id);
  while (statement.step()) numeric_.insert(statement.text(0));
}

Value LevelValues::of(const std::string& factor, const std::string& level) const {
  if (!numeric_.contains(factor)) return level;
  const nlohmann::json number = nlohmann::json::parse(level, nullptr, false);
  const bool is_too_large = number.is_number_unsigned() && number.get<std::uint64_t>() > INT64_MAX;
  if (number.is_number_integer() && !is_too_large) return number.get<std::int64_t>();
  if (number.is_number_float()) return number.get<double>();
  return level;
}

}  // namespace imp::results
