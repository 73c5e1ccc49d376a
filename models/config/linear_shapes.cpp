// SPDX-License-Identifier: Apache-2.0
#include "models/config/linear_shapes.h"

namespace imp::models {

std::vector<LinearShape> linear_shapes(const TextConfig& text) {
  const bool phi = text.family == TextFamily::phi;
  const int64_t hidden = text.hidden_size, inner = text.intermediate_size;
  const int64_t queries = text.num_attention_heads * text.head_dim;
  const int64_t keys = text.num_key_value_heads * text.head_dim;
  const bool attention = phi || text.attention_bias;
  std::vector<LinearShape> shapes;
  for (int64_t i = 0; i < text.num_hidden_layers; ++i) {
    const std::string block = "model.layers." + std::to_string(i) + ".";
    shapes.push_back({block + "self_attn.q_proj", hidden, queries, attention});
    shapes.push_back({block + "self_attn.k_proj", hidden, keys, attention});
    shapes.push_back({block + "self_attn.v_proj", hidden, keys, attention});
    shapes.push_back({block + (phi ? "self_attn.dense" : "self_attn.o_proj"), queries, hidden, attention});
    if (phi) {
      shapes.push_back({block + "mlp.fc1", hidden, inner, true});
      shapes.push_back({block + "mlp.fc2", inner, hidden, true});
    } else {
      shapes.push_back({block + "mlp.gate_proj", hidden, inner, text.mlp_bias});
      shapes.push_back({block + "mlp.up_proj", hidden, inner, text.mlp_bias});
      shapes.push_back({block + "mlp.down_proj", inner, hidden, text.mlp_bias});
    }
  }
  shapes.push_back({"lm_head", hidden, text.vocab_size, phi});
  return shapes;
}

int64_t count_parameters(const TextConfig& text) {
  int64_t count = text.vocab_size * text.hidden_size;
  for (const LinearShape& shape : linear_shapes(text)) {
    const bool tied = shape.name == "lm_head" && text.tie_word_embeddings;
    count += tied ? shape.parameters() - text.vocab_size * text.hidden_size : shape.parameters();
  }
  // Phi: one LayerNorm a block, weight and bias; LLaMA: two RMSNorms a block. Either has a last one.
  const int64_t norm = text.family == TextFamily::phi ? 2 * text.hidden_size : text.hidden_size;
  const int64_t norms = text.family == TextFamily::phi ? text.num_hidden_layers : 2 * text.num_hidden_layers;
  // Phi's qk_layernorm: weight and bias of two norms over a head.
  const int64_t head_norms = text.qk_layernorm ? 4 * text.head_dim * text.num_hidden_layers : 0;
  return count + norm * (norms + 1) + head_norms;
}

}  // namespace imp::models
