// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/report/report_data.h"

namespace imp::results {

/// What a cell answered to a question, over its done seeds.
struct CellAnswer {
  std::int64_t cell_number = 0;
  std::string cell;
  std::vector<std::string> predictions;  ///< one a seed
  double score = 0.0;                    ///< mean over seeds, in [0, 1]
};

/// A question with every cell's answers.
struct AnsweredQuestion {
  std::string benchmark, question_id, image_id, family, question;
  std::vector<std::string> references;
  std::string jpeg;  ///< of its picture; empty if none was kept
  std::vector<CellAnswer> answers;
  bool cells_disagree = false;  ///< some cell scores half a question more than another
};

/// Up to `count` questions of a benchmark, those that cells disagree on first. They are chosen among a
/// bounded number of candidates, which do not depend on what was answered but for having a picture first, so
/// that millions of answers need no reading. Questions that some done trial was not asked are passed over.
[[nodiscard]] std::vector<AnsweredQuestion> answered_questions(Database& database, const ReportData& data,
                                                               const std::string& benchmark,
                                                               std::size_t count);

}  // namespace imp::results
