// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace imp::harness {

/// A benchmark over the test pictures of a rendered data set, and its annotations there.
struct RenderedBenchmark {
  std::string_view name;
  std::string_view annotations;
};

/// Reading as TextVQA asks for, objects with colours, places and counts as GQA does, yes or no about what is
/// there as POPE does. In the order of Subject.
inline constexpr std::array<RenderedBenchmark, 3> kRenderedBenchmarks{{
    {"scenetext", "test.json"},
    {"sceneobjects", "test_objects.json"},
    {"scenepresence", "test_presence.json"},
}};

/// The benchmark of that name, or null if it is none that is rendered.
constexpr const RenderedBenchmark* rendered_benchmark(std::string_view name) {
  for (const RenderedBenchmark& benchmark : kRenderedBenchmarks)
    if (benchmark.name == name) return &benchmark;
  return nullptr;
}

}  // namespace imp::harness
