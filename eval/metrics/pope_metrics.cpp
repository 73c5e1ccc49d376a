// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/pope_metrics.h"

#include "eval/metrics/yes_no.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

double ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

double harmonic_mean(double precision, double recall) {
  return precision + recall > 0 ? 2 * (precision * recall) / (precision + recall) : 0.0;
}

void require_rows(std::span<const YesNoRow> rows) {
  if (rows.empty()) throw Error("pope_metrics: no rows; at least one is needed");
}

}  // namespace

PopeLlava pope_llava(std::span<const YesNoRow> rows) {
  require_rows(rows);
  PopeLlava result;
  for (const YesNoRow& row : rows) {
    const bool predicted = parse_yes_no_llava(row.prediction) == "yes";
    const bool labelled = row.label != "no";
    ++(predicted ? (labelled ? result.true_positives : result.false_positives)
                 : (labelled ? result.false_negatives : result.true_negatives));
  }
  const std::size_t said_yes = result.true_positives + result.false_positives;
  result.accuracy = ratio(result.true_positives + result.true_negatives, rows.size());
  result.precision = ratio(result.true_positives, said_yes);
  result.recall = ratio(result.true_positives, result.true_positives + result.false_negatives);
  result.f1 = harmonic_mean(result.precision, result.recall);
  result.yes_ratio = ratio(said_yes, rows.size());
  return result;
}

PopeLmmsEval pope_lmms_eval(std::span<const YesNoRow> rows) {
  require_rows(rows);
  std::size_t right = 0, true_positives = 0, false_positives = 0, false_negatives = 0, labelled_yes = 0;
  for (const YesNoRow& row : rows) {
    const std::string predicted = parse_yes_no_lmms_eval_pope(row.prediction);
    const std::string label = parse_yes_no_lmms_eval_pope(row.label);
    if (label != "yes" && label != "no")
      throw Error("pope_metrics: label '" + row.label + "' is neither yes nor no");
    right += predicted == label ? 1 : 0;
    labelled_yes += label == "yes" ? 1 : 0;
    true_positives += label == "yes" && predicted == "yes" ? 1 : 0;
    false_positives += label == "no" && predicted == "yes" ? 1 : 0;
    false_negatives += label == "yes" && predicted == "no" ? 1 : 0;
  }
  PopeLmmsEval result;
  result.accuracy = ratio(right, rows.size());
  result.precision = ratio(true_positives, true_positives + false_positives);
  result.recall = ratio(true_positives, true_positives + false_negatives);
  result.f1 = harmonic_mean(result.precision, result.recall);
  result.yes_ratio = ratio(labelled_yes, rows.size());
  return result;
}

}  // namespace imp::eval
