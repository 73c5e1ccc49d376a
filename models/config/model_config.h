// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace imp::models {

enum class TextFamily { phi, llama };
enum class VisionFamily { siglip, clip, vit };
enum class Activation { gelu, gelu_tanh, quick_gelu, silu };

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
  Activation hidden_act = Activation::gelu_tanh;
  bool tie_word_embeddings = false;
  std::optional<int64_t> bos_token_id;
  std::optional<int64_t> eos_token_id;
  std::optional<int64_t> pad_token_id;

  /// Channels of a head that the rotary embedding turns.
  [[nodiscard]] int64_t rotary_dim() const {
    return static_cast<int64_t>(static_cast<double>(head_dim) * partial_rotary_factor);
  }
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

  [[nodiscard]] bool has_class_token() const { return family != VisionFamily::siglip; }
  /// Patches of an image; the remainder of image_size / patch_size is dropped, as the patch convolution does.
  [[nodiscard]] int64_t num_patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

/// A LLaVA assembly (transformers' LlavaConfig).
struct LlavaConfig {
  TextConfig text;
  VisionConfig vision;
  int64_t image_token_index = 0;
  /// Which hidden state of the tower is taken; -2 is the output of the block before the last.
  int64_t vision_feature_layer = -2;
  /// True (`default`): the class token is dropped. False (`full`): all tokens are kept.
  bool drop_class_token = true;
};

/// Parse a config.json object; `where` names the file in errors.
/// All throw imp::Error (usage) naming the key, what was expected and what was found.
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
