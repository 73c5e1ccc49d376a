// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "models/layers/norm.h"
#include "models/layers/self_attention.h"
#include "models/text/text_model.h"

namespace imp::models {

/// LLaMA (Vicuna, MobileLLaMA, TinyLlama, SmolLM2): sequential residuals, RMSNorm, gated MLP; grouped
/// key/value heads, biases and tied embeddings where the config says so.
class Llama : public TextModel {
 public:
  Llama(const TextConfig& config, WeightSource& weights);

  [[nodiscard]] std::vector<NamedLinear> linears() override;
  void join_projections() override;

 private:
  struct Block {
    RmsNorm input_layernorm, post_attention_layernorm;
    SelfAttention self_attn;
    Linear gate_proj, up_proj, down_proj;
  };

  void visit_norms(const ParameterVisitor& visit) override;
  void pack_rest() override;
  [[nodiscard]] int64_t num_blocks() const override { return static_cast<int64_t>(blocks_.size()); }
  [[nodiscard]] at::Tensor block(size_t index, const at::Tensor& hidden_states, const RotaryAngles& angles,
                                 const SequenceLayout& layout, KvCache* cache, const at::Tensor& selected,
                                 uint64_t dropout_step) const override;
  [[nodiscard]] at::Tensor final_norm(const at::Tensor& hidden_states) const override;

  /// activation(gate) * up, of what the block's second norm gives.
  [[nodiscard]] at::Tensor gated(const Block& block, const at::Tensor& normed, uint64_t dropout_step) const;

  std::vector<Block> blocks_;
  RmsNorm norm_;
};

}  // namespace imp::models
