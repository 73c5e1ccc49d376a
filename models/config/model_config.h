// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/config/activation_names.h"

namespace imp::models {

enum class TextFamily { phi, llama };
enum class VisionFamily { siglip, clip, vit };
enum class RopeType { unscaled, linear, dynamic, yarn, longrope, llama3 };

/// How the rotary embedding reaches beyond the positions it was trained on: transformers' `rope_scaling`
/// (4.x) or `rope_parameters` (5.x), with what it leaves out filled in.
struct RopeScaling {
  RopeType type = RopeType::unscaled;
  double factor = 1.0;
  int64_t original_max_position_embeddings = 0;  ///< yarn, longrope, llama3
  double attention_factor = 1.0;                 ///< yarn, longrope: what cos and sin are multiplied by
  double beta_fast = 32.0, beta_slow = 1.0;      ///< yarn
  bool truncate = true;                          ///< yarn: its ramp begins and ends at whole channels
  double low_freq_factor = 1.0, high_freq_factor = 4.0;  ///< llama3
  std::vector<double> short_factor, long_factor;         ///< longrope, [rotary_dim / 2]
};

/// Architecture of a language model; fields are named as in a Hugging Face config.json.
struct TextConfig {
  TextFamily family = TextFamily::phi;
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t num_key_value_heads = 0;
  int64_t head_dim = 0;
  int64_t max_position_embeddings = 2048;
  double norm_eps = 1e-5;
  double rope_theta = 10000.0;
  double partial_rotary_factor = 1.0;
  RopeScaling rope_scaling;
  Activation hidden_act = Activation::gelu_tanh;
  bool attention_bias = false;  ///< LLaMA: biases of q_proj, k_proj, v_proj and o_proj
  bool mlp_bias = false;        ///< LLaMA: biases of gate_proj, up_proj and down_proj
  bool qk_layernorm = false;    ///< Phi: a LayerNorm over each head's query and key
  /// As the config says; a checkpoint whose lm_head differs from its embeddings stays untied all the same.
  bool tie_word_embeddings = false;
  /// Tokens that a generation of transformers keeps keys of; its LLaMA and Phi attend to all in one pass.
  std::optional<int64_t> sliding_window;
  std::optional<int64_t> bos_token_id;
  std::optional<int64_t> eos_token_id;
  std::optional<int64_t> pad_token_id;

  /// Channels of a head that the rotary embedding turns.
  [[nodiscard]] int64_t rotary_dim() const {
    return static_cast<int64_t>(static_cast<double>(head_dim) * partial_rotary_factor);
  }
  /// The first position that `rope_scaling` would turn by other angles than those before it (dynamic,
  /// longrope: depending on the length of the whole sequence), which imp refuses; none for other types.
  [[nodiscard]] std::optional<int64_t> first_rescaled_position() const;
};

/// Architecture of a vision tower.
struct VisionConfig {
  VisionFamily family = VisionFamily::siglip;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t image_size = 0;
  int64_t patch_size = 0;
  int64_t num_channels = 3;
  double layer_norm_eps = 1e-6;
  Activation hidden_act = Activation::gelu_tanh;
  bool qkv_bias = true;  ///< ViT: biases of query, key and value

  [[nodiscard]] bool has_class_token() const { return family != VisionFamily::siglip; }
  /// Patches of an image; the remainder of image_size / patch_size is dropped, as the patch convolution does.
  [[nodiscard]] int64_t num_patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

/// What LLaVA takes of a tower's hidden states as the features of a picture.
struct FeatureSelection {
  /// Hidden states, side by side in each feature; -2 is the output of the block before the last.
  std::vector<int64_t> layers{-2};
  /// Strategy `default`: the first token is dropped, whatever it is: the class token of CLIP and ViT, but a
  /// patch of SigLIP, which has none. `full`: all are kept.
  bool drop_first_token = true;

  /// What suits a tower that no LLaVA config speaks of: the patches alone, of the block before the last.
  [[nodiscard]] static FeatureSelection of_patches(const VisionConfig& vision) {
    return {{-2}, vision.has_class_token()};
  }
  /// Features of one picture.
  [[nodiscard]] int64_t image_tokens(const VisionConfig& vision) const {
    return vision.num_patches() + (vision.has_class_token() ? 1 : 0) - (drop_first_token ? 1 : 0);
  }
  /// Numbers of a feature.
  [[nodiscard]] int64_t width(const VisionConfig& vision) const {
    return vision.hidden_size * static_cast<int64_t>(layers.size());
  }
};

/// A LLaVA assembly (transformers' LlavaConfig).
struct LlavaConfig {
  TextConfig text;
  VisionConfig vision;
  FeatureSelection features;
  int64_t image_token_index = 0;
  Activation projector_hidden_act = Activation::gelu;
  bool multimodal_projector_bias = true;
};

/// Parse a config.json object; `where` names the file in errors. What a config leaves out, or has as null, is
/// the default of transformers' class (config_keys.h). All throw imp::Error (usage) naming the key, what was
/// expected and what was found.
[[nodiscard]] TextConfig parse_text_config(const nlohmann::json& config, const std::string& where);
[[nodiscard]] VisionConfig parse_vision_config(const nlohmann::json& config, const std::string& where);
[[nodiscard]] LlavaConfig parse_llava_config(const nlohmann::json& config, const std::string& where);

/// The inverse: objects that transformers reads (AutoConfig).
[[nodiscard]] nlohmann::json to_json(const TextConfig& config);
[[nodiscard]] nlohmann::json to_json(const VisionConfig& config);
[[nodiscard]] nlohmann::json to_json(const LlavaConfig& config);

/// Where the config of a model stands: `model`/config.json, or the GGUF file that `model` means.
[[nodiscard]] std::filesystem::path config_path(const std::filesystem::path& model);

/// Reads `model`/config.json, or the metadata of its GGUF file as such an object. Throws imp::Error (usage)
/// if it is absent or no JSON object.
[[nodiscard]] nlohmann::json read_config_json(const std::filesystem::path& model);

}  // namespace imp::models
