// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/report/table.h"

namespace imp::results {

/// One thing in which two sides differ, or a score of both.
struct DifferenceRow {
  std::string_view kind;                   ///< configuration, machine, score, presence
  std::string what;                        ///< a key, a benchmark, a cell
  std::string a, b;                        ///< for people
  std::optional<double> value_a, value_b;  ///< of scores: fractions
  std::optional<double> difference, ci_low, ci_high,
      p;                  ///< b - a; with an interval where the estimator gives one
  bool is_paired = true;  ///< of a score: whether both sides' answers to the same questions were compared
};

/// What `imp-report diff` says.
struct Differences {
  Table table;
  /// Whether scores differ, or may: an interval excludes 0; one side lacks what the other has; nothing could
  /// be compared.
  bool scores_differ = false;
};

[[nodiscard]] Table difference_table(const std::string& title, const std::string& a, const std::string& b,
                                     const std::vector<DifferenceRow>& rows);

/// The keys whose texts differ, as rows of that kind; what one side lacks is an en dash.
void add_differing_keys(std::vector<DifferenceRow>& rows, std::string_view kind,
                        const std::map<std::string, std::string>& a,
                        const std::map<std::string, std::string>& b);

}  // namespace imp::results
