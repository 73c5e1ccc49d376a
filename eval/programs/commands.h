// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

namespace imp::eval {

/// `imp-eval metric NAME`: JSON lines in, the same lines with the metric's keys added out. Throws imp::Error
/// naming the line that is not an object with the metric's input keys; lines before it have been written.
void run_metric(const std::string& name, std::istream& in, std::ostream& out);

/// Options of `imp-eval score`.
struct ScoreRequest {
  std::string benchmark;
  std::filesystem::path annotations;
  std::filesystem::path predictions;
  bool json = false;     ///< one JSON object instead of a table
  bool partial = false;  ///< score what is there instead of refusing an incomplete file
};

/// `imp-eval score`: prints the score to `out`, remarks to `log`. Throws imp::Error as score_predictions,
/// read_answers and load_benchmark do, before anything is printed.
void run_score(const ScoreRequest& request, std::ostream& out, std::ostream& log);

}  // namespace imp::eval
