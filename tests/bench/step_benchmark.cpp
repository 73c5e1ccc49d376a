// SPDX-License-Identifier: Apache-2.0
// Times of a training step and of generation in the embedded profile's shapes, with random weights.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "harness/train/llava_task.h"
#include "harness/train/optimizer.h"
#include "models/generation/generator.h"
#include "models/lora/lora_adapter.h"

namespace {

using namespace imp;  // NOLINT(google-build-using-namespace): one program

constexpr int64_t kImageTokens = 64, kVisionHidden = 128, kRows = 16, kTurns = 4, kTurnTokens = 14;

models::TextConfig small_phi() {
  models::TextConfig text;
  text.family = models::TextFamily::phi;
  text.vocab_size = 2048;
  text.hidden_size = 192;
  text.intermediate_size = 768;
  text.num_hidden_layers = 4;
  text.num_attention_heads = text.num_key_value_heads = 6;
  text.head_dim = 32;
  text.partial_rotary_factor = 0.5;
  return text;
}

/// A picture and four isolated turns of which the last two tokens are learned.
harness::TrainingRow row_of(int64_t index) {
  harness::TrainingRow row;
  row.images = {std::to_string(index)};
  row.modality_length = 40;
  const auto add = [&](int32_t id, int32_t turn, bool learned) {
    row.encoded.ids.push_back(id);
    row.encoded.turns.push_back(turn);
    row.encoded.labels.push_back(learned ? id : models::kIgnoreLabel);
  };
  add(5, 0, false);
  for (int64_t i = 0; i < kImageTokens; ++i) {
    row.encoded.image_positions.push_back(static_cast<int32_t>(row.encoded.ids.size()));
    add(models::kImagePlaceholder, 0, false);
  }
  for (int32_t turn = 1; turn <= kTurns; ++turn) {
    for (int64_t t = 0; t < kTurnTokens; ++t) {
      add(static_cast<int32_t>(10 + (index * 31 + turn * 7 + t) % 2000), turn, t >= kTurnTokens - 2);
    }
  }
  return row;
}

/// LoRA at the given rank, batch of 16 pictures with four questions each: forward, backward, clip, update.
void training_step(benchmark::State& state) {
  models::RandomSource weights(1, 0.02);
  const auto model = models::make_text_model(small_phi(), weights);
  models::Projector projector = models::make_projector(kVisionHidden, 192, 1);
  models::attach_lora(*model, {state.range(0), static_cast<double>(state.range(0)), 0.0, ""}, 1);
  std::vector<harness::TrainingRow> rows;
  for (int64_t i = 0; i < kRows; ++i) rows.push_back(row_of(i));
  harness::LlavaTaskOptions options;
  options.finetune = harness::Finetune::lora;
  options.isolated_turns = true;
  const at::Tensor features = at::randn({kRows, kImageTokens, kVisionHidden});
  const harness::RowList list(rows);
  harness::LlavaTask task(options, list, *model, projector,
                          [&](const std::vector<std::string>&) { return features; });
  harness::Optimizer optimizer(task.parameter_groups());
  int64_t tokens = 0;
  for (auto _ : state) {
    const harness::MicroBatchLoss part = task.forward(0, 0);
    part.loss.backward();
    benchmark::DoNotOptimize(optimizer.clip_gradients(1.0));
    optimizer.step(1.0);
    optimizer.zero_grad();
    tokens += part.tokens;
  }
  state.counters["tokens/s"] = benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}
BENCHMARK(training_step)->Arg(128)->Arg(256)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime();

/// 64 questions about 16 pictures, eight new tokens each; the prefix of a picture is prefilled once.
void generation(benchmark::State& state) {
  const at::NoGradGuard no_grad;
  models::RandomSource weights(1, 0.02);
  const auto model = models::make_text_model(small_phi(), weights);
  std::vector<models::PromptGroup> groups(16);
  for (models::PromptGroup& group : groups) {
    group.prefix_ids.assign(1, 5);
    group.prefix_ids.insert(group.prefix_ids.end(), kImageTokens, models::kImagePlaceholder);
    group.projected = at::randn({1, kImageTokens, 192});
    group.tails.assign(static_cast<size_t>(state.range(0)), std::vector<int64_t>(kTurnTokens, 7));
  }
  const models::GenerationOptions options;  // eight new tokens, no end token
  for (auto _ : state) benchmark::DoNotOptimize(models::generate(*model, groups, options));
  state.counters["questions/s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * 16 * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(generation)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
