// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/device_memory_estimate.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace imp::harness {
namespace {

constexpr double kGiB = 1 << 30;

/// Phi-2 behind SigLIP-SO400M in bfloat16.
TrainingLoad phi2(int64_t rows, int64_t tokens, int64_t rank) {
  TrainingLoad load;
  load.text.vocab_size = 51200;
  load.text.hidden_size = 2560;
  load.text.intermediate_size = 10240;
  load.text.num_hidden_layers = 32;
  load.text.num_attention_heads = load.text.num_key_value_heads = 32;
  load.text.head_dim = 80;
  load.vision_hidden = 1152;
  load.tokens = tokens;
  load.image_tokens = rows * 729;
  load.supervised = (tokens - load.image_tokens) / 3;
  load.bfloat16 = true;
  load.finetune = "lora";
  load.lora_rank = rank;
  return load;
}

/// Peak memory of tensors in a step written with ATen's operators alone: GELU's output kept, gradients
/// standing.
struct Measured {
  const char* name;
  int64_t rows, tokens, rank;
  bool recompute;
  double gib;  ///< on an H200, by torch.cuda.max_memory_allocated
};

void PrintTo(const Measured& measured, std::ostream* out) {
  *out << measured.name;
}

class MeasuredSteps : public testing::TestWithParam<Measured> {};

TEST_P(MeasuredSteps, ArePredictedWithinATenth) {
  const Measured& measured = GetParam();
  TrainingLoad load = phi2(measured.rows, measured.tokens, measured.rank);
  load.recompute = measured.recompute;
  load.keeps_activated = load.accumulates = true;
  const MemoryEstimate memory = estimate_device_memory(load);
  EXPECT_NEAR(static_cast<double>(memory.total() - memory.program) / kGiB, measured.gib, 0.1 * measured.gib);
}

INSTANTIATE_TEST_SUITE_P(OnAnH200, MeasuredSteps,
                         testing::Values(Measured{"FourRows", 4, 3374, 256, false, 20.5},
                                         Measured{"SixteenRows", 16, 13501, 256, false, 46.6},
                                         Measured{"Recomputed", 16, 13501, 256, true, 15.4},
                                         Measured{"Rank128", 8, 6675, 128, false, 25.5},
                                         Measured{"Rank512", 8, 6675, 512, false, 36.0}),
                         [](const auto& test_case) { return std::string(test_case.param.name); });

/// imp's own steps, as stage.json's peak_device_memory_bytes had them: what the allocator took from an H200,
/// without CUDA's context. The tokens are those of the largest shape that was filled up to.
TEST(DeviceMemory, OfRecordedStepsIsPredictedWithinATenth) {
  for (const auto& [rows, tokens, measured] :
       {std::tuple<int64_t, int64_t, double>{4, 4224, 20.03}, {8, 8448, 27.33}, {16, 16768, 41.49}}) {
    TrainingLoad load = phi2(rows, tokens, 256);
    load.supervised = 45 * rows;
    load.recorded = true;
    const MemoryEstimate memory = estimate_device_memory(load);
    EXPECT_NEAR(static_cast<double>(memory.total() - memory.program) / kGiB, measured, 0.1 * measured)
        << rows;
  }
}

TEST(DeviceMemory, HoldsAllEmbeddingsAndRoundedAdapters) {
  const MemoryEstimate memory = estimate_device_memory(phi2(4, 3374, 256));
  EXPECT_EQ(memory.frozen_weights, int64_t{2779683840} * 2);  // Phi-2 as published
  EXPECT_EQ(memory.trained_weights, int64_t{386995200} * (4 + 8 + 2));
}

TEST(DeviceMemory, IsLessWhereGeluIsMadeAgain) {
  TrainingLoad load = phi2(16, 13501, 256);
  const int64_t made_again = estimate_device_memory(load).activations;
  load.keeps_activated = true;
  // 31 whole blocks and the last one's labels.
  EXPECT_EQ(estimate_device_memory(load).activations - made_again,
            (31 * load.tokens + load.supervised) * int64_t{10240} * 2);
}

TEST(DeviceMemory, OfAFrozenLanguageModelIsWhatItsBlocksPassOn) {
  TrainingLoad load = phi2(4, 3374, 256);
  const MemoryEstimate adapted = estimate_device_memory(load);
  load.finetune = "projector";
  const MemoryEstimate frozen = estimate_device_memory(load);
  EXPECT_EQ(frozen.frozen_weights, adapted.frozen_weights);
  EXPECT_EQ(frozen.trained_weights, int64_t{1153 * 2560 + 2561 * 2560} * 12);
  EXPECT_LT(frozen.activations, adapted.activations);
}

TEST(DeviceMemory, OfLlama7BWithBlocksMadeAgainFits40GiB) {
  TrainingLoad load = phi2(1, 1024, 128);
  load.text.family = models::TextFamily::llama;
  load.text.vocab_size = 32000;
  load.text.hidden_size = 4096;
  load.text.intermediate_size = 11008;
  load.text.head_dim = 128;
  load.vision_hidden = 1024;
  load.image_tokens = 576;
  load.recompute = true;
  const double gib = static_cast<double>(estimate_device_memory(load).total()) / kGiB;
  EXPECT_GT(gib, 12.55) << "its weights alone";
  EXPECT_LT(gib, 40.0);
}

TEST(EncoderMemory, IsItsWeightsAndABatch) {
  models::VisionConfig so400m;
  so400m.hidden_size = 1152;
  so400m.intermediate_size = 4304;
  so400m.num_hidden_layers = 27;
  so400m.num_attention_heads = 16;
  so400m.image_size = 384;
  so400m.patch_size = 14;
  const MemoryEstimate memory = estimate_encoder_memory(so400m, 64, true, true);
  // SigLIP-SO400M's vision half as published, 428 M with its pooling head of 15 M.
  EXPECT_NEAR(static_cast<double>(memory.frozen_weights) / 2, 413e6, 2e6);
  EXPECT_EQ(estimate_encoder_memory(so400m, 64, true, false).frozen_weights, 2 * memory.frozen_weights);
}

}  // namespace
}  // namespace imp::harness
