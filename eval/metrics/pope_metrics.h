// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace imp::eval {

/// One answer of POPE; the label is "yes" or "no" (for lmms-eval's form, in any case and with spaces around
/// it).
struct YesNoRow {
  std::string prediction;
  std::string label;
};

/// What LLaVA's eval_pope.py prints. Precision, recall and F1 are 0 where the script would divide by zero and
/// stop.
struct PopeLlava {
  std::size_t true_positives = 0, false_positives = 0, true_negatives = 0, false_negatives = 0;
  double accuracy = 0, precision = 0, recall = 0, f1 = 0;
  double yes_ratio = 0;  ///< share of "yes" among the predictions
};

/// What lmms-eval's POPE task aggregates.
struct PopeLmmsEval {
  double accuracy = 0, precision = 0, recall = 0, f1 = 0;
  double yes_ratio = 0;  ///< share of "yes" among the LABELS: that is how lmms-eval counts it
};

/// POPE's counts and ratios with LLaVA's parser. Throws imp::Error if there is no row.
[[nodiscard]] PopeLlava pope_llava(std::span<const YesNoRow> rows);

/// POPE's ratios as lmms-eval 0.7.3 computes them; an answer that is neither yes nor no is wrong, and in no
/// other count. Throws imp::Error if there is no row or a label is neither yes nor no.
[[nodiscard]] PopeLmmsEval pope_lmms_eval(std::span<const YesNoRow> rows);

}  // namespace imp::eval
