// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/benchmark_check.h"

#include <fmt/format.h>

#include <unordered_set>

#include "eval/benchmarks/benchmark.h"
#include "harness/preflight/attempt.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

/// MMBench's pictures stand in its table; a folder to read them from would be filled with them.
fs::path folder_of_pictures(const Benchmark& benchmark) {
  return benchmark.name == "mmbench" ? "" : benchmark.images;
}

BenchmarkCounts count(const eval::Benchmark& loaded, std::size_t in_all) {
  BenchmarkCounts counts{loaded.name, loaded.questions.size(), in_all, 0, 0};
  std::unordered_set<std::string_view> pictures;
  for (const eval::Question& question : loaded.questions) {
    counts.answers += question.answers.size();
    pictures.insert(question.image_id.text);
  }
  counts.pictures = pictures.size();
  return counts;
}

/// What the eval stage would find only after the training.
void require_answers(const eval::Benchmark& loaded, const std::string& annotations) {
  std::size_t without = 0;
  std::string first;
  for (const eval::Question& question : loaded.questions) {
    if (!question.answers.empty()) continue;
    if (++without == 1) first = question.question_id.text;
  }
  if (without == 0) return;
  throw Error(
      fmt::format("{}: {} of {} questions have no answer (the first is {}); a test split is scored by its "
                  "server, so name a split with answers",
                  annotations, without, loaded.questions.size(), first));
}

}  // namespace

std::optional<BenchmarkCounts> check_benchmark(const Benchmark& benchmark, Diagnostics& diagnostics) {
  if (benchmark.annotations.empty() || !fs::exists(benchmark.annotations)) return std::nullopt;
  const std::string key = "benchmark " + benchmark.name;
  const fs::path images = folder_of_pictures(benchmark);
  eval::Benchmark loaded;
  if (!attempt(diagnostics, benchmark.annotations_location, key,
               [&] { loaded = eval::load_benchmark(benchmark.name, benchmark.annotations, images); }))
    return std::nullopt;
  const std::size_t in_all = loaded.questions.size();
  if (benchmark.limit > 0 && static_cast<std::size_t>(benchmark.limit) < in_all)
    loaded.questions.resize(static_cast<std::size_t>(benchmark.limit));
  attempt(diagnostics, benchmark.annotations_location, key,
          [&] { require_answers(loaded, benchmark.annotations); });
  if (!images.empty() && fs::exists(images))
    attempt(diagnostics, benchmark.images_location, key, [&] { eval::require_images(loaded); });
  return count(loaded, in_all);
}

}  // namespace imp::harness
