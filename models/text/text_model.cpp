// SPDX-License-Identifier: Apache-2.0
#include "models/text/text_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/layers/recompute.h"
#include "models/text/llama.h"
#include "models/text/phi.h"
#include "models/weights/gguf.h"
#include "models/weights/gguf_source.h"

namespace imp::models {
namespace {

void check_positions(const TextConfig& config, const at::Tensor& position_ids) {
  const auto limit = config.first_rescaled_position();
  if (!limit || position_ids.numel() == 0 || position_ids.max().item<int64_t>() < *limit) return;
  throw Error(fmt::format(
      "a sequence is longer than {} tokens, from where on the config's rope_scaling depends on its "
      "whole length, which imp does not have; ask for shorter ones (max_length)",
      *limit));
}

}  // namespace

at::Tensor TextModel::embed(const at::Tensor& input_ids) const {
  return at::embedding(embed_tokens_, input_ids);
}

at::Tensor TextModel::hidden_states(const at::Tensor& inputs_embeds, const SequenceLayout& layout,
                                    KvCache* cache, const at::Tensor& selected, uint64_t dropout_step) const {
  check_positions(config_, layout.position_ids);
  const RotaryAngles angles = rotary_angles(layout.position_ids, frequencies_, inputs_embeds.options());
  at::Tensor hidden = inputs_embeds;
  for (int64_t i = 0; i < num_blocks(); ++i) {
    const at::Tensor outputs = i + 1 == num_blocks() ? selected : at::Tensor();
    const auto forward = [=, this](const at::Tensor& input) {
      return block(static_cast<size_t>(i), input, angles, layout, cache, outputs, dropout_step);
    };
    hidden = recompute_blocks_ && at::GradMode::is_enabled() ? recomputed(forward, hidden) : forward(hidden);
  }
  return final_norm(hidden);
}

at::Tensor TextModel::logits(const at::Tensor& hidden_states) const {
  return lm_head_.forward(hidden_states).to(at::kFloat);
}

void TextModel::pack() {
  bool packed_any = false;
  for (const NamedLinear& entry : linears()) {
    if (entry.linear->packed) continue;
    entry.linear->pack();
    packed_any |= entry.linear->packed != nullptr;
  }
  if (packed_any) pack_rest();
}

void TextModel::take_embeddings(WeightSource& weights) {
  const std::vector<int64_t> shape{config_.vocab_size, config_.hidden_size};
  const std::string embeddings = "model.embed_tokens.weight", head = "lm_head.weight";
  const auto put_beside = [this](const at::Tensor& weight) {
    frequencies_.inverse = frequencies_.inverse.to(weight.device());
    return weight;
  };
  if (!config_.tie_word_embeddings) {
    embed_tokens_ = put_beside(weights.take(embeddings, shape));
    lm_head_.weight = weights.take(head, shape);
    return;
  }
  // A file may name the one tensor either way.
  embed_tokens_ = lm_head_.weight =
      put_beside(weights.take(weights.has(embeddings) ? embeddings : head, shape));
  if (!weights.has(embeddings) || !weights.has(head)) return;
  const at::Tensor own = weights.take(head, shape);
  if (at::equal(own, embed_tokens_)) return;
  lm_head_.weight = own;
  config_.tie_word_embeddings = false;
}

void TextModel::grow_vocabulary(int64_t rows) {
  const int64_t missing = rows - config_.vocab_size;
  if (missing <= 0) return;
  const auto grown = [&](const at::Tensor& tensor) {
    std::vector<int64_t> shape = tensor.sizes().vec();
    shape[0] = missing;
    const at::Tensor mean = tensor.to(at::kFloat).mean(0, /*keepdim=*/true).to(tensor.scalar_type());
    return at::cat({tensor, mean.expand(shape)});
  };
  embed_tokens_ = grown(embed_tokens_);
  lm_head_.weight = config_.tie_word_embeddings ? embed_tokens_ : grown(lm_head_.weight);
  if (lm_head_.bias.defined()) lm_head_.bias = grown(lm_head_.bias);
  config_.vocab_size = rows;
}

void TextModel::resize_vocabulary(int64_t rows) {
  if (rows >= config_.vocab_size) return grow_vocabulary(rows);
  embed_tokens_ = embed_tokens_.narrow(0, 0, rows);
  lm_head_.weight = config_.tie_word_embeddings ? embed_tokens_ : lm_head_.weight.narrow(0, 0, rows);
  if (lm_head_.bias.defined()) lm_head_.bias = lm_head_.bias.narrow(0, 0, rows);
  config_.vocab_size = rows;
}

void TextModel::untie_embeddings() {
  config_.tie_word_embeddings = false;
}

void TextModel::visit_parameters(const ParameterVisitor& visit) {
  visit("model.embed_tokens.weight", embed_tokens_);
  if (config_.tie_word_embeddings)
    lm_head_.weight = embed_tokens_;  // the visitor may have put another tensor there
  visit_norms(visit);
  for (const NamedLinear& entry : linears()) {
    const bool tied = entry.linear == &lm_head_ && config_.tie_word_embeddings;
    if (!tied) visit(entry.name + ".weight", entry.linear->weight);
    if (entry.linear->bias.defined()) visit(entry.name + ".bias", entry.linear->bias);
  }
}

std::unique_ptr<TextModel> make_text_model(const TextConfig& config, WeightSource& weights) {
  if (config.family == TextFamily::phi) return std::make_unique<Phi>(config, weights);
  return std::make_unique<Llama>(config, weights);
}

std::unique_ptr<TextModel> load_text_model(const std::filesystem::path& directory,
                                           const at::TensorOptions& options) {
  if (const auto gguf = find_gguf(directory)) {
    const auto file = std::make_shared<const GgufFile>(*gguf);
    const TextConfig config = parse_text_config(gguf_config(*file), gguf->string());
    GgufSource weights(file, config.num_attention_heads, config.num_key_value_heads, options);
    return make_text_model(config, weights);
  }
  const TextConfig config = parse_text_config(read_config_json(directory), config_path(directory).string());
  CheckpointSource weights(directory, {{"", ""}}, options);
  return make_text_model(config, weights);
}

}  // namespace imp::models
