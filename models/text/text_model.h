// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "models/config/model_config.h"
#include "models/layers/kv_cache.h"
#include "models/layers/linear.h"
#include "models/layers/rotary_embedding.h"
#include "models/layers/sequence_layout.h"
#include "models/weights/weight_source.h"

namespace imp::models {

/// A linear layer of a model with its module path, e.g. `model.layers.0.self_attn.q_proj`.
struct NamedLinear {
  std::string name;
  Linear* linear;
};

/// A causal language model over packed tokens: embeddings -> blocks -> final norm -> logits.
/// Families differ in their blocks only (phi.cpp, llama.cpp).
class TextModel {
 public:
  virtual ~TextModel() = default;
  TextModel(const TextModel&) = delete;
  TextModel& operator=(const TextModel&) = delete;

  [[nodiscard]] const TextConfig& config() const { return config_; }

  /// input_ids [tokens] int64 -> [tokens, hidden].
  [[nodiscard]] at::Tensor embed(const at::Tensor& input_ids) const;

  /// inputs_embeds [tokens, hidden] -> final-norm hidden states of the selected tokens, [selected, hidden].
  /// selected [selected] int64: indices of packed tokens; undefined: all. The last block computes its output
  /// only for these, since no other token's output is read. cache: keys and values of earlier tokens,
  /// extended in place; nullptr in training. Throws imp::Error (usage) for a position that the config's
  /// rope_scaling would turn by the length of the whole sequence (TextConfig::first_rescaled_position).
  [[nodiscard]] at::Tensor hidden_states(const at::Tensor& inputs_embeds, const SequenceLayout& layout,
                                         KvCache* cache, const at::Tensor& selected,
                                         uint64_t dropout_step = 0) const;

  /// hidden_states [n, hidden] -> [n, vocab], float32.
  [[nodiscard]] at::Tensor logits(const at::Tensor& hidden_states) const;

  /// Appends rows to the embeddings and lm_head until they have `rows`, each the mean of those that there
  /// were, so that a token nobody trained is never the likeliest. Does nothing where there are enough.
  void grow_vocabulary(int64_t rows);
  /// grow_vocabulary, or cuts the embeddings and lm_head to their first `rows`.
  void resize_vocabulary(int64_t rows);
  /// Makes lm_head's weight a parameter of its own, for one of the two to change alone.
  void untie_embeddings();

  /// Training keeps the input of each block only and computes the rest again in the backward pass.
  void recompute_blocks(bool on) { recompute_blocks_ = on; }
  [[nodiscard]] bool recomputes_blocks() const { return recompute_blocks_; }

  /// Prepares norms and linear layers (Linear::pack), those that are not yet, for a model that is only asked.
  void pack();
  /// Whether the first block looks up what depends on a text token alone (SequenceLayout::text_ids).
  [[nodiscard]] virtual bool looks_up_text() const { return false; }

  /// Lays weights that one product can serve behind each other (layers/joint_linear.h), for a GPU, whose time
  /// goes by products. To be called again after weights or adapters were put in other tensors.
  virtual void join_projections() = 0;

  /// All linear layers of the blocks; lm_head last.
  [[nodiscard]] virtual std::vector<NamedLinear> linears() = 0;
  /// Every parameter with its name in a PhiForCausalLM or LlamaForCausalLM state dict, adapters left out.
  void visit_parameters(const ParameterVisitor& visit);

 protected:
  explicit TextModel(const TextConfig& config) : config_(config), frequencies_(rope_frequencies(config)) {}

  /// Takes embed_tokens and lm_head. Where the config ties them they are one tensor, unless the weights have
  /// both and they differ: transformers 5 then keeps both, 4 throws the head away.
  void take_embeddings(WeightSource& weights);
  /// The parameters that are neither embeddings nor linear layers.
  virtual void visit_norms(const ParameterVisitor& visit) = 0;
  /// pack() for the norms, and for what follows from packed layers.
  virtual void pack_rest() = 0;
  [[nodiscard]] virtual int64_t num_blocks() const = 0;
  /// One block; `selected` as in hidden_states, defined in the last block only.
  [[nodiscard]] virtual at::Tensor block(size_t index, const at::Tensor& hidden_states,
                                         const RotaryAngles& angles, const SequenceLayout& layout,
                                         KvCache* cache, const at::Tensor& selected,
                                         uint64_t dropout_step) const = 0;
  [[nodiscard]] virtual at::Tensor final_norm(const at::Tensor& hidden_states) const = 0;

  TextConfig config_;
  RopeFrequencies frequencies_;
  bool recompute_blocks_ = false;
  at::Tensor embed_tokens_;  ///< [vocab, hidden]
  Linear lm_head_;
};

/// Builds the family that the config names. Throws imp::Error (usage) on missing or misshapen weights.
[[nodiscard]] std::unique_ptr<TextModel> make_text_model(const TextConfig& config, WeightSource& weights);

/// Loads a PhiForCausalLM or LlamaForCausalLM directory, or a LLaMA's GGUF file (the file itself or a
/// directory that holds it alone).
[[nodiscard]] std::unique_ptr<TextModel> load_text_model(const std::filesystem::path& directory,
                                                         const at::TensorOptions& options);

}  // namespace imp::models
