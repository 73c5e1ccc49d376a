// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "results/database.h"
#include "results/report/table.h"

namespace imp::results {

/// Levels of a sweep's factors as programs want them: numbers where the configuration has numbers.
class LevelValues {
 public:
  LevelValues(Database& database, std::int64_t sweep_id);

  /// "128" -> 128 for a factor such as lora_rank; a text of another factor, or one that is no number, as it
  /// is.
  [[nodiscard]] Value of(const std::string& factor, const std::string& level) const;

 private:
  std::set<std::string> numeric_;  // factors whose value is a number in the configuration of every cell
};

}  // namespace imp::results
