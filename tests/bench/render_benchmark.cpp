// SPDX-License-Identifier: Apache-2.0
// Pictures a second that one core draws, by their side in pixels; 400 of 96 x 96 keep ahead of the embedded
// profile's training.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "harness/data/assets.h"
#include "harness/data/renderer.h"
#include "harness/data/scene_sampler.h"
#include "harness/data/vocabulary.h"

namespace {

void draw_pictures(benchmark::State& state) {
  const imp::harness::Assets assets;
  const imp::harness::Vocabulary vocabulary;
  const imp::harness::SceneSampler sampler(assets, vocabulary, imp::harness::SceneParameters::pretraining(3));
  const imp::harness::Renderer renderer(assets, static_cast<int>(state.range(0)));
  std::vector<std::uint8_t> pixels(renderer.bytes());
  std::uint64_t number = 0;
  for (auto _ : state) renderer.render_into(sampler.sample(number++), pixels);
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(draw_pictures)->Arg(96)->Arg(192)->Arg(384);

}  // namespace
