// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "models/layers/norm.h"
#include "models/layers/self_attention.h"
#include "models/text/text_model.h"

namespace imp::models {

/// Phi (Phi-2): parallel residual, h + attention(ln(h)) + mlp(ln(h)) with one LayerNorm a block, biases
/// everywhere, rotary embedding on a part of each head, LayerNorms over queries and keys where the config
/// says so. Residual dropout (resid_pdrop) is not applied: LoRA's own dropout is the recipe's.
class Phi : public TextModel {
 public:
  Phi(const TextConfig& config, WeightSource& weights);

  [[nodiscard]] std::vector<NamedLinear> linears() override;
  void join_projections() override;
  [[nodiscard]] bool looks_up_text() const override {
    return first_of_text_.mlp.defined() && blocks_.size() > 1;
  }

 private:
  struct Block {
    LayerNorm input_layernorm;
    SelfAttention self_attn;
    Linear fc1, fc2;
  };

  void visit_norms(const ParameterVisitor& visit) override;
  void pack_rest() override;
  /// Makes first_of_text_ from packed layers, unless the vocabulary is too large.
  void look_up_text();
  /// Whether the first block has its outputs for text tokens ready, and the tokens are known.
  [[nodiscard]] bool knows_text(const SequenceLayout& layout) const;
  [[nodiscard]] at::Tensor first_block(const at::Tensor& hidden_states, const RotaryAngles& angles,
                                       const SequenceLayout& layout) const;
  [[nodiscard]] int64_t num_blocks() const override { return static_cast<int64_t>(blocks_.size()); }
  [[nodiscard]] at::Tensor block(size_t index, const at::Tensor& hidden_states, const RotaryAngles& angles,
                                 const SequenceLayout& layout, KvCache* cache, const at::Tensor& selected,
                                 uint64_t dropout_step) const override;
  [[nodiscard]] at::Tensor final_norm(const at::Tensor& hidden_states) const override;

  /// What the first block makes of each token of the vocabulary, as far as that does not depend on other
  /// tokens: its input there is the embedding alone.
  struct TextTable {
    at::Tensor query, key, value;  ///< [vocab, heads * dim], not rotated
    at::Tensor mlp;                ///< [vocab, hidden]
  };

  std::vector<Block> blocks_;
  TextTable first_of_text_;
  LayerNorm final_layernorm_;
};

}  // namespace imp::models
