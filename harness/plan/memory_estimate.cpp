// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/memory_estimate.h"

#include <algorithm>
#include <regex>

#include "models/config/linear_shapes.h"
#include "models/lora/lora_form.h"
#include "models/lora/lora_targets.h"

namespace imp::harness {
namespace {

constexpr int64_t kMaster = 4, kGradient = 4, kMoments = 8;

/// Bytes kept for the backward pass.
struct Kept {
  int64_t attention = 0;  ///< of a block's attention, with its norm
  int64_t mlp = 0;        ///< of its MLP, for tokens whose output is wanted
  int64_t weights = 0;    ///< LoRA's own copies and sums of weights, a block
};

class Estimator {
 public:
  explicit Estimator(const TrainingLoad& load)
      : load_(load),
        element_(load.bfloat16 && load.finetune != "full" ? 2 : 4),
        targets_(models::lora_target_expression(load.lora_targets)) {}

  [[nodiscard]] MemoryEstimate estimate() const {
    MemoryEstimate memory;
    memory.program = kIdleProgram;
    const int64_t trained = trained_parameters();
    memory.frozen_weights = load_.finetune == "full" ? 0 : frozen_parameters() * element_;
    memory.trained_weights = trained * (kMaster + kMoments);
    // The backward pass frees activations as it makes gradients; recomputed ones are never there all at once.
    const int64_t kept = activations(), gradients = trained * kGradient;
    memory.activations = load_.recompute ? kept + gradients : std::max(kept, gradients);
    return memory;
  }

 private:
  [[nodiscard]] bool adapted(const models::LinearShape& shape) const {
    return load_.finetune == "lora" && std::regex_match(shape.name, targets_);
  }

  /// Rows of an embedding table that no token asks for stay in the checkpoint's file.
  [[nodiscard]] int64_t frozen_parameters() const {
    const models::TextConfig& text = load_.text;
    const int64_t all = models::count_parameters(text);
    if (text.tie_word_embeddings) return all;
    return all - std::max<int64_t>(0, text.vocab_size - load_.tokens) * text.hidden_size;
  }

  [[nodiscard]] int64_t trained_parameters() const {
    const int64_t hidden = load_.text.hidden_size;
    int64_t count = (load_.vision_hidden + 1) * hidden + (hidden + 1) * hidden;  // the projector
    if (load_.finetune == "full") return count + models::count_parameters(load_.text);
    for (const models::LinearShape& shape : models::linear_shapes(load_.text))
      if (adapted(shape)) count += load_.lora_rank * (shape.in_features + shape.out_features);
    return count;
  }

  /// What LoRA keeps for one layer: of its input's rows, and of weights.
  void add_adapter(const models::LinearShape& shape, int64_t tokens, int64_t& rows, int64_t& weights) const {
    if (!adapted(shape)) return;
    const int64_t in = shape.in_features, out = shape.out_features, rank = load_.lora_rank;
    const bool merged =
        !load_.lora_dropout && models::cheaper_lora_form(tokens, in, out, rank) == models::LoraForm::merged;
    if (merged) {
      weights += in * out * element_;
      return;
    }
    rows += tokens * rank * element_;
    if (load_.lora_dropout) rows += 2 * tokens * in * element_;   // the dropped input and the mask
    if (load_.bfloat16) weights += rank * (in + out) * element_;  // A and B rounded
  }

  /// A block whose MLP sees `wanted` tokens.
  [[nodiscard]] Kept block(int64_t wanted) const {
    const models::TextConfig& text = load_.text;
    const bool phi = text.family == models::TextFamily::phi;
    const int64_t tokens = load_.tokens, hidden = text.hidden_size, inner = text.intermediate_size;
    const int64_t queries = text.num_attention_heads * text.head_dim;
    Kept kept;
    const int64_t norm_input = phi ? hidden * element_ : hidden * 4;  // RMSNorm is computed in float32
    // The norm's input and output; queries, keys, values (keys and values repeated for grouped heads) and
    // their product; its rows gathered for the output layer.
    kept.attention = tokens * (norm_input + hidden * element_ + 5 * queries * element_);
    kept.mlp = phi ? wanted * 2 * inner * element_ : wanted * (norm_input + (hidden + 4 * inner) * element_);
    const std::vector<models::LinearShape> shapes = models::linear_shapes(text);
    const auto per_block = static_cast<size_t>(phi ? 6 : 7);
    for (size_t i = 0; i < per_block; ++i)
      add_adapter(shapes[i], i < 3 ? tokens : wanted, i < 4 ? kept.attention : kept.mlp, kept.weights);
    return kept;
  }

  [[nodiscard]] int64_t activations() const {
    const models::TextConfig& text = load_.text;
    const int64_t hidden = text.hidden_size, blocks = text.num_hidden_layers;
    const Kept whole = block(load_.tokens), last = block(load_.supervised);
    const int64_t whole_bytes = whole.attention + whole.mlp + whole.weights;
    const int64_t last_bytes = last.attention + last.mlp + last.weights;
    // Measured: the block that is computed again takes twice what it keeps.
    int64_t kept = load_.recompute
                       ? blocks * load_.tokens * hidden * element_ + 2 * std::max(whole_bytes, last_bytes)
                       : (blocks - 1) * whole_bytes + last_bytes;
    // Embeddings before and after the image features are laid in; the projector's input, hidden layer and
    // output.
    kept += 2 * load_.tokens * hidden * element_;
    kept += load_.image_tokens * (load_.vision_hidden + 3 * hidden) * 4;
    // Logits in the model's numbers, in float32, their log-softmax and its gradient.
    kept += load_.supervised * text.vocab_size * (element_ + 3 * 4);
    // The backward pass itself holds gradients of the widest place of a block.
    kept += load_.tokens * (2 * text.intermediate_size + 3 * hidden) * element_;
    return kept;
  }

  const TrainingLoad& load_;
  int64_t element_;
  std::regex targets_;
};

}  // namespace

MemoryEstimate estimate_training_memory(const TrainingLoad& load) {
  return Estimator(load).estimate();
}

}  // namespace imp::harness
