// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/format.h"

#include "eval/benchmarks/textvqa.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

constexpr std::string_view kShortAnswer = "Answer the question using a single word or phrase.";

constexpr BenchmarkFormat kFormats[] = {
    {"scenetext", "vqa_accuracy", "", read_scenetext, score_textvqa, nullptr},
    {"textvqa", "vqa_accuracy", kShortAnswer, read_textvqa, score_textvqa, nullptr},
};

}  // namespace

std::vector<std::string> benchmark_names() {
  std::vector<std::string> names;
  for (const BenchmarkFormat& format : kFormats) names.emplace_back(format.name);
  return names;
}

const BenchmarkFormat& find_benchmark_format(std::string_view name) {
  std::string names;
  for (const BenchmarkFormat& format : kFormats) {
    if (format.name == name) return format;
    if (!names.empty()) names += ", ";
    names += format.name;
  }
  throw Error("benchmark '" + std::string(name) + "' is unknown; one of: " + names);
}

}  // namespace imp::eval
