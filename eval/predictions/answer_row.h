// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "eval/predictions/prediction.h"

namespace imp::eval {

/// One answer as some program's file has it, before it is known which question of a benchmark it is about.
struct AnswerRow {
  Prediction prediction;   ///< question_id may be empty; image_id where the row names a picture
  std::string part = {};   ///< the part of the set within which the id counts
  std::string words = {};  ///< the prompt or the question, where the row has it
  std::optional<long long> doc_id = std::nullopt;  ///< lmms-eval's place in its own list
  std::string where = {};                          ///< file:line:column or file:line
};

}  // namespace imp::eval
