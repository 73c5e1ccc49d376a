// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/asked_questions.h"

#include "harness/data/rendered_benchmarks.h"
#include "models/io/error.h"

namespace imp::harness {

namespace {

std::filesystem::path data_folder(const StageRequest& request, const StageStore& store) {
  for (const StageInput& input : request.inputs) {
    if (input.kind == "data") return store.folder(input.kind, input.key);
  }
  throw Error("stage " + request.folder() + " has no input of kind data", ErrorKind::environment);
}

}  // namespace

eval::Benchmark asked_questions(const StageContext& context) {
  return asked_questions(context.request, context.spec, context.store);
}

eval::Benchmark asked_questions(const StageRequest& request, const SweepSpec& spec, const StageStore& store) {
  const auto name = request.parameters["benchmark"].get<std::string>();
  const auto limit = request.parameters["limit"].get<int64_t>();
  std::filesystem::path annotations, images;
  for (const Benchmark& candidate : spec.benchmarks) {
    if (candidate.name != name) continue;
    annotations = candidate.annotations;
    images = candidate.images;
  }
  if (annotations.empty()) {
    const std::filesystem::path data = data_folder(request, store);
    annotations = data / rendered_benchmark(name)->annotations;
    images = data / "images" / "test";
  }
  eval::Benchmark benchmark = eval::load_benchmark(name, annotations, images);
  if (limit > 0 && static_cast<size_t>(limit) < benchmark.questions.size())
    benchmark.questions.resize(static_cast<size_t>(limit));
  eval::unpack_images(benchmark);
  return benchmark;
}

}  // namespace imp::harness
