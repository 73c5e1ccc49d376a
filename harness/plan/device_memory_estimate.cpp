// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/device_memory_estimate.h"

#include <algorithm>
#include <regex>

#include "models/config/linear_shapes.h"
#include "models/lora/lora_targets.h"

namespace imp::harness {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kContext = 512 * kMiB + 64 * kMiB;  ///< CUDA's context; cuBLAS's and cuBLASLt's workspaces
constexpr int64_t kMaster = 4, kGradient = 4, kMoments = 8, kFloat = 4;
constexpr int64_t kLogitsAtOnce = 2048;  ///< as harness/train/token_batch.cpp has it

/// Numbers that are kept of one token by one block.
struct KeptOfToken {
  int64_t attention = 0;  ///< by its attention with its norm
  int64_t mlp = 0;        ///< by its MLP, where its output is wanted
};

class DeviceEstimator {
 public:
  explicit DeviceEstimator(const TrainingLoad& load)
      : load_(load),
        lora_(load.finetune == "lora"),
        full_(load.finetune == "full"),
        element_(load.bfloat16 && !full_ ? 2 : 4),
        targets_(models::lora_target_expression(load.lora_targets)) {}

  [[nodiscard]] MemoryEstimate estimate() const {
    MemoryEstimate memory;
    memory.program = kContext;
    const int64_t trained = trained_parameters();
    const bool rounded = lora_ && load_.bfloat16;  // the model computes with copies of A and B in bfloat16
    memory.frozen_weights =
        (full_ ? 0 : models::count_parameters(load_.text) * element_) + load_.encoder_bytes;
    memory.trained_weights = trained * (kMaster + kMoments + (rounded ? 2 : 0));
    const int64_t fresh = trained * (rounded ? 2 : kGradient);  // as the backward pass leaves them
    const int64_t summed = load_.accumulates ? trained * kGradient : 0;
    const int64_t masters = rounded ? trained * kGradient : 0;  // float32 gradients, made for the optimizer
    if (load_.recorded) {
      // A graph's memory is its own, and gradients stay where it writes them.
      memory.activations = during_backward(0) + fresh + masters;
    } else {
      memory.activations = std::max(summed + during_backward(fresh), masters + fresh);
    }
    return memory;
  }

 private:
  [[nodiscard]] int64_t rank_of(const models::LinearShape& shape) const {
    return lora_ && std::regex_match(shape.name, targets_) ? load_.lora_rank : 0;
  }

  [[nodiscard]] int64_t trained_parameters() const {
    const int64_t hidden = load_.text.hidden_size;
    int64_t count = (load_.vision_hidden + 1) * hidden + (hidden + 1) * hidden;  // the projector
    if (full_) return count + models::count_parameters(load_.text);
    for (const models::LinearShape& shape : models::linear_shapes(load_.text))
      count += rank_of(shape) * (shape.in_features + shape.out_features);
    return count;
  }

  /// A layer's input is kept where its adapter or weight is trained; what layers share counts once.
  [[nodiscard]] KeptOfToken kept_of_token() const {
    const models::TextConfig& text = load_.text;
    const bool phi = text.family == models::TextFamily::phi;
    const int64_t hidden = text.hidden_size, inner = text.intermediate_size;
    const int64_t queries = text.num_attention_heads * text.head_dim;
    const int64_t keys = text.num_key_value_heads * text.head_dim;
    const std::vector<models::LinearShape> shapes = models::linear_shapes(text);
    const auto trains = [&](std::size_t first, std::size_t last) {
      return full_ || std::any_of(shapes.begin() + static_cast<std::ptrdiff_t>(first),
                                  shapes.begin() + static_cast<std::ptrdiff_t>(last),
                                  [&](const models::LinearShape& shape) { return rank_of(shape) > 0; });
    };
    KeptOfToken kept;
    // The norm's input and output; queries, keys and values, rotated where they stand; attention's output and
    // the logarithm of its sums.
    kept.attention = hidden + (trains(0, 3) || (phi && trains(4, 5)) ? hidden : 0) + 2 * queries + 2 * keys +
                     text.num_attention_heads * kFloat / element_;
    if (phi) {
      const bool activated = load_.keeps_activated || load_.lora_dropout || full_;
      kept.mlp = inner + (activated && trains(5, 6) ? inner : 0);
    } else {
      kept.mlp = hidden + (trains(4, 6) ? hidden : 0) + 3 * inner + (trains(6, 7) ? inner : 0);
    }
    const std::size_t layers = phi ? 6 : 7;
    for (std::size_t i = 0; i < layers; ++i) {
      int64_t& place = i < 4 ? kept.attention : kept.mlp;
      const int64_t rank = rank_of(shapes[i]);
      place += rank;
      if (rank > 0 && load_.lora_dropout)
        place += 2 * shapes[i].in_features;  // the dropped input and the mask
    }
    return kept;
  }

  /// Bytes at the worst moment of the backward pass: at its start, where all that the forward pass keeps is
  /// there, or, with blocks computed again, at its end, where the gradients are.
  [[nodiscard]] int64_t during_backward(int64_t gradients) const {
    const models::TextConfig& text = load_.text;
    const int64_t hidden = text.hidden_size, blocks = text.num_hidden_layers;
    const KeptOfToken kept = kept_of_token();
    const int64_t whole = load_.tokens * (kept.attention + kept.mlp) * element_;
    const int64_t last = (load_.tokens * kept.attention + load_.supervised * kept.mlp) * element_;
    const int64_t inputs = blocks * load_.tokens * hidden * element_;
    // Embeddings before and after the image features are laid in; features, and the projector's layers of
    // them.
    const int64_t around = 2 * load_.tokens * hidden * element_ +
                           load_.image_tokens * (load_.vision_hidden + 3 * hidden) * element_;
    const int64_t logits =
        std::min(load_.supervised, kLogitsAtOnce) * text.vocab_size * (element_ + 3 * kFloat);
    // Gradients of a block's widest places.
    const int64_t passing = load_.tokens * (2 * text.intermediate_size + 3 * hidden) * element_;
    if (!load_.recompute) return (blocks - 1) * whole + last + around + logits + passing;
    return whole + passing + std::max(inputs + around + logits, gradients);
  }

  const TrainingLoad& load_;
  bool lora_, full_;
  int64_t element_;
  std::regex targets_;
};

/// Weights of the blocks and of the embeddings.
int64_t encoder_parameters(const models::VisionConfig& vision) {
  const int64_t hidden = vision.hidden_size, inner = vision.intermediate_size;
  const int64_t block = 4 * hidden * (hidden + 1) + 2 * hidden * inner + inner + hidden + 4 * hidden;
  return vision.num_hidden_layers * block +
         hidden * vision.num_channels * vision.patch_size * vision.patch_size +
         (vision.num_patches() + 4) * hidden;
}

}  // namespace

MemoryEstimate estimate_device_memory(const TrainingLoad& load) {
  return DeviceEstimator(load).estimate();
}

MemoryEstimate estimate_encoder_memory(const models::VisionConfig& vision, int64_t pictures, bool bfloat16,
                                       bool on_gpu) {
  const int64_t element = bfloat16 && on_gpu ? 2 : 4;
  MemoryEstimate memory;
  memory.program = on_gpu ? kContext : kIdleProgram;
  memory.frozen_weights = encoder_parameters(vision) * element;
  // A block's input, norm, queries, keys, values and their product; its MLP before and after the activation;
  // the pictures themselves, those of the next batch with them.
  const int64_t of_token = 6 * vision.hidden_size + 2 * vision.intermediate_size;
  const int64_t pixels = vision.num_channels * vision.image_size * vision.image_size;
  memory.activations = pictures * (vision.num_patches() * of_token * element + 2 * pixels * kFloat);
  return memory;
}

}  // namespace imp::harness
