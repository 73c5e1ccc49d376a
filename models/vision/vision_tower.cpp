// SPDX-License-Identifier: Apache-2.0
#include "models/vision/vision_tower.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "models/io/error.h"
#include "models/layers/joint_linear.h"
#include "models/vision/picture_attention.h"

namespace imp::models {

/// State-dict keys of one family; {} stands for the block's number.
struct VisionTower::Names {
  const char *class_token, *patch, *position, *pre_norm, *final_norm;
  const char *norm_before, *norm_after, *query, *key, *value, *out, *fc1, *fc2;
};

VisionTower::Names VisionTower::names_of(VisionFamily family) {
  if (family == VisionFamily::vit) {
    return {"embeddings.cls_token",
            "embeddings.patch_embeddings.projection",
            "embeddings.position_embeddings",
            nullptr,
            "layernorm",
            "encoder.layer.{}.layernorm_before",
            "encoder.layer.{}.layernorm_after",
            "encoder.layer.{}.attention.attention.query",
            "encoder.layer.{}.attention.attention.key",
            "encoder.layer.{}.attention.attention.value",
            "encoder.layer.{}.attention.output.dense",
            "encoder.layer.{}.intermediate.dense",
            "encoder.layer.{}.output.dense"};
  }
  const bool clip = family == VisionFamily::clip;
  return {clip ? "embeddings.class_embedding" : nullptr,
          "embeddings.patch_embedding",
          "embeddings.position_embedding.weight",
          clip ? "pre_layrnorm" : nullptr,
          "post_layernorm",
          "encoder.layers.{}.layer_norm1",
          "encoder.layers.{}.layer_norm2",
          "encoder.layers.{}.self_attn.q_proj",
          "encoder.layers.{}.self_attn.k_proj",
          "encoder.layers.{}.self_attn.v_proj",
          "encoder.layers.{}.self_attn.out_proj",
          "encoder.layers.{}.mlp.fc1",
          "encoder.layers.{}.mlp.fc2"};
}

VisionTower::VisionTower(const VisionConfig& config, WeightSource& weights) : config_(config) {
  const Names names = names_of(config.family);
  const int64_t hidden = config.hidden_size, inner = config.intermediate_size, patch = config.patch_size;
  const bool vit = config.family == VisionFamily::vit;
  if (names.class_token != nullptr) {
    const std::vector<int64_t> shape =
        vit ? std::vector<int64_t>{1, 1, hidden} : std::vector<int64_t>{hidden};
    class_token_ = weights.take(names.class_token, shape);
  }
  patch_weight_ =
      weights.take(std::string(names.patch) + ".weight", {hidden, config.num_channels, patch, patch});
  if (config.family != VisionFamily::clip)
    patch_bias_ = weights.take(std::string(names.patch) + ".bias", {hidden});
  const std::vector<int64_t> positions =
      vit ? std::vector<int64_t>{1, num_tokens(), hidden} : std::vector<int64_t>{num_tokens(), hidden};
  position_ = weights.take(names.position, positions);

  const auto norm = [&](const std::string& name) {
    return LayerNorm{weights.take(name + ".weight", {hidden}), weights.take(name + ".bias", {hidden}),
                     config.layer_norm_eps};
  };
  const auto linear = [&](const std::string& name, int64_t in, int64_t out, bool biased = true) {
    const at::Tensor bias = biased ? weights.take(name + ".bias", {out}) : at::Tensor();
    return Linear{weights.take(name + ".weight", {out, in}), bias, {}};
  };
  if (names.pre_norm != nullptr) pre_norm_ = norm(names.pre_norm);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const auto name = [i](const char* pattern) { return fmt::format(fmt::runtime(pattern), i); };
    blocks_.push_back({norm(name(names.norm_before)), norm(name(names.norm_after)),
                       linear(name(names.query), hidden, hidden, config.qkv_bias),
                       linear(name(names.key), hidden, hidden, config.qkv_bias),
                       linear(name(names.value), hidden, hidden, config.qkv_bias),
                       linear(name(names.out), hidden, hidden), linear(name(names.fc1), hidden, inner),
                       linear(name(names.fc2), inner, hidden)});
  }
  final_norm_ = norm(names.final_norm);
}

at::Tensor VisionTower::embeddings(const at::Tensor& pixel_values) const {
  const int64_t batch = pixel_values.size(0), channels = config_.num_channels, patch = config_.patch_size;
  const int64_t side = config_.image_size / patch, hidden = config_.hidden_size;
  // A remainder at the edge is dropped.
  const at::Tensor patches = pixel_values.slice(2, 0, side * patch)
                                 .slice(3, 0, side * patch)
                                 .reshape({batch, channels, side, patch, side, patch})
                                 .permute({0, 2, 4, 1, 3, 5})
                                 .reshape({batch * side * side, channels * patch * patch});
  const Linear product = only_asked() ? packed_patch_ : patch_product();
  at::Tensor tokens = product.forward(patches).view({batch, side * side, hidden});
  if (class_token_.defined()) {
    tokens = at::cat({class_token_.view({1, 1, hidden}).expand({batch, 1, hidden}), tokens}, 1);
  }
  tokens = tokens + position_.view({1, num_tokens(), hidden});
  return config_.family == VisionFamily::clip ? pre_norm_.forward(tokens) : tokens;
}

Linear VisionTower::patch_product() const {
  return {patch_weight_.view({config_.hidden_size, -1}), patch_bias_, {}};
}

bool VisionTower::only_asked() const {
  return packed_patch_.packed && !at::GradMode::is_enabled();
}

std::array<at::Tensor, 3> VisionTower::projected(const Block& block, const at::Tensor& x,
                                                 int64_t batch) const {
  const int64_t heads = config_.num_attention_heads, dim = config_.hidden_size / heads;
  const Linear* const layers[] = {&block.query, &block.key, &block.value};
  const std::optional<at::Tensor> joint = x.is_cuda() ? joint_forward(layers, x, 0) : std::nullopt;
  if (joint) {
    const at::Tensor all = joint->view({batch, -1, 3, heads, dim}).permute({2, 0, 3, 1, 4});
    return {all[0], all[1], all[2]};
  }
  const auto heads_of = [&](const Linear& projection) {
    return projection.forward(x).view({batch, -1, heads, dim}).transpose(1, 2);
  };
  return {heads_of(block.query), heads_of(block.key), heads_of(block.value)};
}

void VisionTower::join_projections() {
  for (Block& block : blocks_) {
    Linear* const layers[] = {&block.query, &block.key, &block.value};
    lay_together(layers);
  }
}

at::Tensor VisionTower::attention(const Block& block, const at::Tensor& x, int64_t batch) const {
  if (only_asked()) {
    return picture_attention(block.query.forward(x), block.key.forward(x), block.value.forward(x), batch,
                             config_.num_attention_heads);
  }
  const auto [query, key, value] = projected(block, x, batch);
  const at::Tensor mixed = at::scaled_dot_product_attention(query, key, value);
  return mixed.transpose(1, 2).reshape({x.size(0), config_.hidden_size});
}

at::Tensor VisionTower::blocks(const at::Tensor& hidden_states, int64_t first, int64_t last) const {
  const int64_t batch = hidden_states.size(0);
  at::Tensor hidden = hidden_states.reshape({-1, config_.hidden_size});
  for (int64_t i = first; i < last; ++i) {
    const Block& block = blocks_[static_cast<size_t>(i)];
    hidden = block.out.forward_added(hidden, attention(block, block.norm_before.forward(hidden), batch));
    hidden = feed_forward(hidden, block.fc1, config_.hidden_act, block.fc2, block.norm_after.forward(hidden));
  }
  return hidden.view({batch, -1, config_.hidden_size});
}

int64_t VisionTower::blocks_to_run(int64_t layer) const {
  const int64_t states = config_.num_hidden_layers + 1;
  const int64_t index = layer < 0 ? states + layer : layer;
  if (index < 0 || index >= states) {
    throw Error(
        fmt::format("vision_feature_layer {} is outside the tower's {} hidden states", layer, states));
  }
  return index;
}

at::Tensor VisionTower::features(const at::Tensor& pixel_values, const FeatureSelection& selection) const {
  std::vector<int64_t> wanted;  // numbers of blocks to run
  for (const int64_t layer : selection.layers) wanted.push_back(blocks_to_run(layer));
  at::Tensor hidden = embeddings(pixel_values);
  std::vector<at::Tensor> states(wanted.size());
  int64_t run = 0;
  for (const int64_t next : std::set<int64_t>(wanted.begin(), wanted.end())) {
    hidden = blocks(hidden, run, next);
    run = next;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] == next) states[i] = selection.drop_first_token ? hidden.slice(1, 1) : hidden;
    }
  }
  return states.size() == 1 ? states.front() : at::cat(states, -1);
}

void VisionTower::visit_parameters(const ParameterVisitor& visit) {
  const Names names = names_of(config_.family);
  const auto norm = [&](const std::string& name, LayerNorm& layer) {
    visit(name + ".weight", layer.weight);
    visit(name + ".bias", layer.bias);
  };
  const auto linear = [&](const std::string& name, Linear& layer) {
    visit(name + ".weight", layer.weight);
    if (layer.bias.defined()) visit(name + ".bias", layer.bias);
  };
  if (names.class_token != nullptr) visit(names.class_token, class_token_);
  visit(std::string(names.patch) + ".weight", patch_weight_);
  if (patch_bias_.defined()) visit(std::string(names.patch) + ".bias", patch_bias_);
  visit(names.position, position_);
  if (names.pre_norm != nullptr) norm(names.pre_norm, pre_norm_);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const auto name = [i](const char* pattern) { return fmt::format(fmt::runtime(pattern), i); };
    Block& block = blocks_[i];
    norm(name(names.norm_before), block.norm_before);
    linear(name(names.query), block.query);
    linear(name(names.key), block.key);
    linear(name(names.value), block.value);
    linear(name(names.out), block.out);
    norm(name(names.norm_after), block.norm_after);
    linear(name(names.fc1), block.fc1);
    linear(name(names.fc2), block.fc2);
  }
  norm(names.final_norm, final_norm_);
}

void VisionTower::pack() {
  packed_patch_ = patch_product();
  packed_patch_.pack();
  for (Block& block : blocks_) {
    for (Linear* linear : {&block.query, &block.key, &block.value, &block.out, &block.fc1, &block.fc2})
      linear->pack();
    block.norm_before.only_asked = block.norm_after.only_asked = true;
  }
  pre_norm_.only_asked = true;
}

std::unique_ptr<VisionTower> load_vision_tower(const std::filesystem::path& directory,
                                               const at::TensorOptions& options) {
  const VisionConfig config =
      parse_vision_config(read_config_json(directory), (directory / "config.json").string());
  CheckpointSource weights(directory, {{"", "vision_model."}, {"", ""}, {"", "vit."}}, options);
  return std::make_unique<VisionTower>(config, weights);
}

}  // namespace imp::models
