// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/vqa_accuracy.h"

#include <algorithm>
#include <vector>

#include "eval/metrics/vqa_normalize.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

using Normalize = std::string (*)(std::string_view);

/// How many answers equal the prediction after normalisation. Annotators agree often: an answer spelled like
/// the prediction or an earlier answer is not normalised again.
std::size_t count_matches(std::string_view prediction, std::span<const std::string> answers,
                          Normalize normalize) {
  const std::string wanted = normalize(prediction);
  std::size_t matches = 0;
  std::vector<bool> matched(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::span earlier = answers.first(i);
    const auto same = std::find(earlier.begin(), earlier.end(), answers[i]);
    matched[i] = same != earlier.end() ? matched[static_cast<std::size_t>(same - earlier.begin())]
                                       : answers[i] == prediction || normalize(answers[i]) == wanted;
    matches += matched[i] ? 1 : 0;
  }
  return matches;
}

double soft_accuracy(std::size_t matches, std::size_t annotators) {
  const auto credit = [](std::size_t others) { return std::min(1.0, static_cast<double>(others) / 3.0); };
  if (matches == 0) return 0.0;
  const double from_matching = static_cast<double>(matches) * credit(matches - 1);
  const double from_others = static_cast<double>(annotators - matches) * credit(matches);
  return (from_matching + from_others) / static_cast<double>(annotators);
}

double accuracy(std::string_view prediction, std::span<const std::string> answers, Normalize normalize) {
  if (answers.empty()) throw Error("vqa_accuracy: no answers; at least one is needed");
  return soft_accuracy(count_matches(prediction, answers, normalize), answers.size());
}

}  // namespace

double vqa_accuracy_llava(std::string_view prediction, std::span<const std::string> answers) {
  if (answers.size() != 10)
    throw Error("vqa_accuracy: " + std::to_string(answers.size()) + " answers; exactly 10 are needed");
  return accuracy(prediction, answers, normalize_vqa_answer);
}

double vqa_accuracy_lmms_eval_textvqa(std::string_view prediction, std::span<const std::string> answers) {
  return accuracy(prediction, answers, normalize_vqa_answer);
}

double vqa_accuracy_lmms_eval_vqav2(std::string_view prediction, std::span<const std::string> answers) {
  return accuracy(prediction, answers, normalize_vqav2_answer);
}

}  // namespace imp::eval
