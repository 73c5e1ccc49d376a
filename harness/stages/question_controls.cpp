// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/question_controls.h"

#include <algorithm>
#include <set>

#include "harness/train/sampler.h"

namespace imp::harness {
namespace {

constexpr uint64_t kShuffleSeed = 1;

std::vector<std::string> distinct_pictures(const eval::Benchmark& benchmark) {
  std::set<std::string> pictures;
  for (const eval::Question& question : benchmark.questions) pictures.insert(question.image_path.string());
  return {pictures.begin(), pictures.end()};
}

}  // namespace

std::map<std::string, std::string> shuffled_pictures(const eval::Benchmark& benchmark) {
  const std::vector<std::string> pictures = distinct_pictures(benchmark);
  if (pictures.size() < 2) return {};
  // One round trip over all pictures in a random order: each gets the next.
  const std::vector<int64_t> order =
      random_permutation(static_cast<int64_t>(pictures.size()), kShuffleSeed, /*stream=*/0);
  std::map<std::string, std::string> others;
  for (size_t i = 0; i < order.size(); ++i) {
    const auto next = static_cast<size_t>(order[(i + 1) % order.size()]);
    others[pictures[static_cast<size_t>(order[i])]] = pictures[next];
  }
  return others;
}

std::vector<std::string> controls_of(const eval::Benchmark& benchmark, std::string_view controls) {
  const auto wanted = [&](std::string_view name) { return controls == name || controls == "all"; };
  std::vector<std::string> names{"blind"};
  if (wanted("shuffled") && distinct_pictures(benchmark).size() > 1) names.emplace_back("shuffled");
  const bool has_text =
      std::any_of(benchmark.questions.begin(), benchmark.questions.end(),
                  [](const eval::Question& question) { return !question.ocr_tokens.empty(); });
  if (wanted("ocr") && has_text) names.emplace_back("ocr");
  return names;
}

}  // namespace imp::harness
