// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/memory_estimate.h"

#include <gtest/gtest.h>

#include "models/io/error.h"

namespace imp::harness {
namespace {

/// Phi-2 behind SigLIP-SO400M, one row of a picture and a short question, as it was measured.
TrainingLoad phi2() {
  TrainingLoad load;
  load.text.vocab_size = 51200;
  load.text.hidden_size = 2560;
  load.text.intermediate_size = 10240;
  load.text.num_hidden_layers = 32;
  load.text.num_attention_heads = load.text.num_key_value_heads = 32;
  load.text.head_dim = 80;
  load.vision_hidden = 1152;
  load.tokens = 746;
  load.supervised = 4;
  load.image_tokens = 729;
  load.bfloat16 = true;
  load.finetune = "lora";
  load.lora_rank = 256;
  load.recompute = true;
  return load;
}

TEST(TrainingMemoryEstimate, IsWithinATenthOfTheMeasuredPeakOfPhi2) {
  EXPECT_NEAR(static_cast<double>(estimate_training_memory(phi2()).total()), 12646535168.0, 1264653516.8);
}

TEST(TrainingMemoryEstimate, CountsWhatPhi2HasAndTrains) {
  const MemoryEstimate memory = estimate_training_memory(phi2());
  EXPECT_EQ(memory.trained_weights,
            386995200 * int64_t{12});  // trained_parameters of that run's outcome.json
  // Phi-2's size as published, 2.78 B, but for the embeddings of tokens that are not there.
  EXPECT_EQ(memory.frozen_weights, (2779683840 - (51200 - 746) * int64_t{2560}) * 2);
}

TEST(TrainingMemoryEstimate, CountsWhatLlama7BHasAndTrains) {
  TrainingLoad load = phi2();
  load.text.family = models::TextFamily::llama;
  load.text.vocab_size = 32000;
  load.text.hidden_size = 4096;
  load.text.intermediate_size = 11008;
  load.text.head_dim = 128;
  load.vision_hidden = 1024;
  load.lora_rank = 64;
  const MemoryEstimate memory = estimate_training_memory(load);
  EXPECT_EQ(memory.frozen_weights,
            (6738415616 - (32000 - 746) * int64_t{4096}) * 2);  // LLaMA-7B as published
  // 159,907,840: what PEFT counts for r = 64 on all linear layers but lm_head; and the projector.
  EXPECT_EQ(memory.trained_weights, (159907840 + 1024 * 4096 + 4096 * 4096 + 2 * 4096) * int64_t{12});
}

TEST(TrainingMemoryEstimate, GrowsWithWhatIsKept) {
  const int64_t recomputed = estimate_training_memory(phi2()).activations;
  TrainingLoad load = phi2();
  load.recompute = false;
  const int64_t kept = estimate_training_memory(load).activations;
  EXPECT_GT(kept, recomputed);
  load.lora_dropout = true;
  EXPECT_GT(estimate_training_memory(load).activations, kept);
}

TEST(TrainingMemoryEstimate, FullFinetuningKeepsNoFrozenWeights) {
  TrainingLoad load = phi2();
  load.finetune = "full";
  EXPECT_EQ(estimate_training_memory(load).frozen_weights, 0);
  EXPECT_GT(estimate_training_memory(load).trained_weights, 2779683840 * int64_t{12});
}

TEST(TrainingMemoryEstimate, TargetsThatAreNoExpressionAreRefused) {
  TrainingLoad load = phi2();
  load.lora_targets = "q_proj(";
  EXPECT_THROW((void)estimate_training_memory(load), Error);
}

}  // namespace
}  // namespace imp::harness
