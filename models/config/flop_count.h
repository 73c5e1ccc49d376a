// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "models/config/model_config.h"

namespace imp::models {

// Floating-point operations of a model's matrix products, from its config alone: 2 for each multiplication
// with its addition, as torch.utils.flop_counter counts. Left out, since they are under a hundredth of it at
// any width of use: norms, activations, softmax, the rotary embedding, biases, the loss, the optimizer and
// the merging of adapters for evaluation.

/// Packed tokens that go through a language model together; counts of several passes may be added.
struct TextPass {
  int64_t tokens = 0;    ///< through the blocks
  int64_t selected = 0;  ///< of them: whose output is read. The last block's layers after its attention and
                         ///< lm_head see only these
  int64_t last_queries = 0;  ///< of them: whose queries the last block computes (all in training)
  int64_t pairs = 0;  ///< of a query and a key that a head of each block but the last multiplies. In training
                      ///< the whole grid of rows and longest row squared, whatever the mask leaves of it
  int64_t last_pairs = 0;  ///< the same of the last block
  int64_t looked_up = 0;   ///< of the tokens: whose part of Phi's first block beside attention is looked up

  TextPass& operator+=(const TextPass& more);
};

/// A pass of training over rows that are padded to the longest inside attention.
[[nodiscard]] TextPass training_pass(int64_t tokens, int64_t selected, int64_t rows, int64_t longest_row);

/// What of a language model is trained, and how.
struct TextTraining {
  bool full = false;  ///< all weights
  std::map<std::string, int64_t>
      lora_ranks;             ///< by layer's name (linear_shapes), of those that have an adapter
  bool lora_dropout = false;  ///< keeps LoRA in its factored form
  bool inputs_learn = true;   ///< something before the first block is trained, too
  bool recompute = false;     ///< blocks are computed again in the backward pass
};

/// Of a pass forward, as `hidden_states` and `logits` compute it.
[[nodiscard]] double forward_flops(const TextConfig& text, const TextPass& pass);

/// Of a pass forward and backward. Backward, a layer takes once its forward products for the gradient of its
/// input, from the lowest trained part upwards, and once for that of its weight where that is trained;
/// attention takes two and a half times its forward products, since its scores are computed again; LoRA takes
/// those of the form that is cheaper (lora_form.h).
[[nodiscard]] double training_flops(const TextConfig& text, const TextPass& pass,
                                    const TextTraining& training);

/// Of LLaVA's projector of two layers on `rows` image tokens, forward only.
[[nodiscard]] double projector_flops(int64_t feature_width, int64_t text_hidden, int64_t rows);
/// The same forward and backward; nothing before it is trained.
[[nodiscard]] double projector_training_flops(int64_t feature_width, int64_t text_hidden, int64_t rows);

/// Of the features of pictures: the blocks up to the last that is selected.
[[nodiscard]] double vision_flops(const VisionConfig& vision, const FeatureSelection& selection,
                                  int64_t pictures);

}  // namespace imp::models
