// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/asked_questions.h"

namespace imp::harness {

eval::Benchmark asked_questions(const StageContext& context) {
  const auto name = context.request.parameters["benchmark"].get<std::string>();
  const auto limit = context.request.parameters["limit"].get<int64_t>();
  std::filesystem::path annotations, images;
  for (const Benchmark& candidate : context.spec.benchmarks) {
    if (candidate.name != name) continue;
    annotations = candidate.annotations;
    images = candidate.images;
  }
  if (annotations.empty()) {
    annotations = context.input("data") / "test.json";
    images = context.input("data") / "images" / "test";
  }
  eval::Benchmark benchmark = eval::load_benchmark(name, annotations, images);
  if (limit > 0 && static_cast<size_t>(limit) < benchmark.questions.size())
    benchmark.questions.resize(static_cast<size_t>(limit));
  eval::unpack_images(benchmark);
  return benchmark;
}

}  // namespace imp::harness
