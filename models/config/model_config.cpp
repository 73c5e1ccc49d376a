// SPDX-License-Identifier: Apache-2.0
#include "models/config/model_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

using nlohmann::json;

/// Typed access to one JSON object, with errors that name file and key.
class Fields {
 public:
  Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) throw Error(where_ + ": is no JSON object; a model's config is needed");
  }

  [[nodiscard]] bool has(const char* key) const { return object_.contains(key) && !object_[key].is_null(); }

  template <typename T>
  [[nodiscard]] T need(const char* key) const {
    if (!has(key)) throw Error(fmt::format("{}: has no '{}'; the architecture needs it", where_, key));
    return convert<T>(key);
  }

  template <typename T>
  [[nodiscard]] T get(const char* key, T otherwise) const {
    return has(key) ? convert<T>(key) : otherwise;
  }

  [[nodiscard]] int64_t positive(const char* key) const {
    const auto value = need<int64_t>(key);
    if (value <= 0) throw Error(fmt::format("{}: {} is {}; it must be above 0", where_, key, value));
    return value;
  }

  [[nodiscard]] std::optional<int64_t> token(const char* key) const {
    if (!has(key)) return std::nullopt;
    // Several end tokens may be listed; the first is the one that ends an answer.
    if (object_[key].is_array())
      return object_[key].empty() ? std::nullopt : std::optional(object_[key][0].get<int64_t>());
    return convert<int64_t>(key);
  }

  [[nodiscard]] const json& object() const { return object_; }
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  template <typename T>
  [[nodiscard]] T convert(const char* key) const {
    try {
      return object_[key].get<T>();
    } catch (const json::exception&) {
      throw Error(fmt::format("{}: {} is {}, which has the wrong type", where_, key, object_[key].dump()));
    }
  }

  const json& object_;
  std::string where_;
};

Activation parse_activation(const std::string& name, const std::string& where) {
  if (name == "gelu") return Activation::gelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::gelu_tanh;
  if (name == "quick_gelu") return Activation::quick_gelu;
  if (name == "silu") return Activation::silu;
  throw Error(fmt::format(
      "{}: hidden_act '{}' is not known; known are gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, silu",
      where, name));
}

const char* activation_name(Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return "gelu";
    case Activation::gelu_tanh:
      return "gelu_pytorch_tanh";
    case Activation::quick_gelu:
      return "quick_gelu";
    case Activation::silu:
      return "silu";
  }
  return "gelu";
}

/// transformers 5 nests the rotary settings in rope_parameters; 4.x has them beside the others.
void parse_rotary(const Fields& fields, TextConfig& text, double default_partial) {
  text.rope_theta = fields.get("rope_theta", 10000.0);
  text.partial_rotary_factor = fields.get("partial_rotary_factor", default_partial);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    if (!fields.has(key)) continue;
    const Fields rope(fields.object()[key], fields.where() + ": " + key);
    const auto kind = rope.get<std::string>("rope_type", rope.get<std::string>("type", "default"));
    if (kind != "default") {
      throw Error(
          fmt::format("{}: {} has rope_type '{}'; only 'default' is supported", fields.where(), key, kind));
    }
    text.rope_theta = rope.get("rope_theta", text.rope_theta);
    text.partial_rotary_factor = rope.get("partial_rotary_factor", text.partial_rotary_factor);
  }
}

void check_heads(int64_t hidden, int64_t heads, const std::string& where) {
  if (hidden % heads != 0) {
    throw Error(
        fmt::format("{}: hidden_size {} is not a multiple of num_attention_heads {}", where, hidden, heads));
  }
}

}  // namespace

TextConfig parse_text_config(const json& config, const std::string& where) {
  const Fields fields(config, where);
  const auto type = fields.need<std::string>("model_type");
  TextConfig text;
  if (type == "phi") {
    text.family = TextFamily::phi;
  } else if (type == "llama" || type == "mobilevlm") {
    text.family = TextFamily::llama;
  } else {
    throw Error(fmt::format("{}: model_type '{}' is no language model that imp has; it has phi and llama",
                            where, type));
  }
  const bool phi = text.family == TextFamily::phi;
  text.vocab_size = fields.positive("vocab_size");
  text.hidden_size = fields.positive("hidden_size");
  text.intermediate_size = fields.positive("intermediate_size");
  text.num_hidden_layers = fields.positive("num_hidden_layers");
  text.num_attention_heads = fields.positive("num_attention_heads");
  text.num_key_value_heads = fields.get("num_key_value_heads", text.num_attention_heads);
  check_heads(text.hidden_size, text.num_attention_heads, where);
  text.head_dim = fields.get("head_dim", text.hidden_size / text.num_attention_heads);
  if (text.num_key_value_heads <= 0 || text.num_attention_heads % text.num_key_value_heads != 0) {
    throw Error(fmt::format("{}: num_key_value_heads {} does not divide num_attention_heads {}", where,
                            text.num_key_value_heads, text.num_attention_heads));
  }
  text.max_position_embeddings = fields.get<int64_t>("max_position_embeddings", 2048);
  text.norm_eps = phi ? fields.get("layer_norm_eps", 1e-5) : fields.get("rms_norm_eps", 1e-6);
  text.hidden_act = parse_activation(fields.get<std::string>("hidden_act", phi ? "gelu_new" : "silu"), where);
  text.tie_word_embeddings = fields.get("tie_word_embeddings", false);
  for (const char* key : {"attention_bias", "mlp_bias", "qk_layernorm"}) {
    if (fields.get(key, false)) {
      throw Error(fmt::format("{}: {} is true; imp has {} without it", where, key, type));
    }
  }
  parse_rotary(fields, text, phi ? 0.5 : 1.0);
  text.bos_token_id = fields.token("bos_token_id");
  text.eos_token_id = fields.token("eos_token_id");
  text.pad_token_id = fields.token("pad_token_id");
  return text;
}

VisionConfig parse_vision_config(const json& config, const std::string& where) {
  const Fields outer(config, where);
  const auto type = outer.need<std::string>("model_type");
  if ((type == "siglip" || type == "clip") && outer.has("vision_config")) {
    json inner = config["vision_config"];
    inner["model_type"] = type + "_vision_model";
    return parse_vision_config(inner, where + ": vision_config");
  }
  const Fields fields(config, where);
  VisionConfig vision;
  const char* default_act = "gelu_pytorch_tanh";
  double default_eps = 1e-6;
  if (type == "siglip_vision_model" || type == "siglip") {
    vision.family = VisionFamily::siglip;
  } else if (type == "clip_vision_model" || type == "clip") {
    vision.family = VisionFamily::clip;
    default_act = "quick_gelu";
    default_eps = 1e-5;
  } else if (type == "vit") {
    vision.family = VisionFamily::vit;
    default_act = "gelu";
    default_eps = 1e-12;
  } else {
    throw Error(fmt::format(
        "{}: model_type '{}' is no vision tower that imp has; it has siglip, clip and vit", where, type));
  }
  vision.hidden_size = fields.get<int64_t>("hidden_size", 768);
  vision.intermediate_size = fields.get<int64_t>("intermediate_size", 3072);
  vision.num_hidden_layers = fields.get<int64_t>("num_hidden_layers", 12);
  vision.num_attention_heads = fields.get<int64_t>("num_attention_heads", 12);
  vision.image_size = fields.get<int64_t>("image_size", 224);
  vision.patch_size = fields.get<int64_t>("patch_size", vision.family == VisionFamily::clip ? 32 : 16);
  vision.num_channels = fields.get<int64_t>("num_channels", 3);
  vision.layer_norm_eps = fields.get("layer_norm_eps", default_eps);
  vision.hidden_act = parse_activation(fields.get<std::string>("hidden_act", default_act), where);
  if (vision.patch_size <= 0 || vision.image_size < vision.patch_size || vision.num_attention_heads <= 0) {
    throw Error(fmt::format("{}: image_size {} with patch_size {} holds no patch", where, vision.image_size,
                            vision.patch_size));
  }
  check_heads(vision.hidden_size, vision.num_attention_heads, where);
  return vision;
}

LlavaConfig parse_llava_config(const json& config, const std::string& where) {
  const Fields fields(config, where);
  const auto type = fields.need<std::string>("model_type");
  if (type != "llava")
    throw Error(fmt::format("{}: model_type is '{}'; a LLaVA checkpoint has 'llava'", where, type));
  LlavaConfig llava;
  llava.text = parse_text_config(fields.need<json>("text_config"), where + ": text_config");
  llava.vision = parse_vision_config(fields.need<json>("vision_config"), where + ": vision_config");
  llava.image_token_index = fields.get("image_token_index", fields.get<int64_t>("image_token_id", 32000));
  if (fields.has("vision_feature_layer") && !config["vision_feature_layer"].is_number_integer()) {
    throw Error(where + ": vision_feature_layer is a list; imp takes one layer");
  }
  llava.vision_feature_layer = fields.get<int64_t>("vision_feature_layer", -2);
  const auto strategy = fields.get<std::string>("vision_feature_select_strategy", "default");
  if (strategy != "default" && strategy != "full") {
    throw Error(fmt::format("{}: vision_feature_select_strategy '{}' is not known; it is default or full",
                            where, strategy));
  }
  llava.drop_class_token = strategy == "default";
  if (fields.has("tie_word_embeddings") && fields.get("tie_word_embeddings", false))
    llava.text.tie_word_embeddings = true;
  return llava;
}

json to_json(const TextConfig& text) {
  const bool phi = text.family == TextFamily::phi;
  json config = {
      {"model_type", phi ? "phi" : "llama"},
      {"architectures", {phi ? "PhiForCausalLM" : "LlamaForCausalLM"}},
      {"vocab_size", text.vocab_size},
      {"hidden_size", text.hidden_size},
      {"intermediate_size", text.intermediate_size},
      {"num_hidden_layers", text.num_hidden_layers},
      {"num_attention_heads", text.num_attention_heads},
      {"num_key_value_heads", text.num_key_value_heads},
      {"max_position_embeddings", text.max_position_embeddings},
      {"hidden_act", phi ? "gelu_new" : activation_name(text.hidden_act)},
      {phi ? "layer_norm_eps" : "rms_norm_eps", text.norm_eps},
      {"rope_theta", text.rope_theta},
      {"tie_word_embeddings", text.tie_word_embeddings},
      {"torch_dtype", "float32"},
  };
  if (phi) {
    config["partial_rotary_factor"] = text.partial_rotary_factor;
    config["resid_pdrop"] = 0.0;
  } else {
    config["head_dim"] = text.head_dim;
  }
  // null, and not absence: transformers' defaults (1, 2) would name ordinary tokens of a small vocabulary.
  const auto token = [](const std::optional<int64_t>& id) { return id ? json(*id) : json(nullptr); };
  config["bos_token_id"] = token(text.bos_token_id);
  config["eos_token_id"] = token(text.eos_token_id);
  config["pad_token_id"] = token(text.pad_token_id);
  return config;
}

json to_json(const VisionConfig& vision) {
  static constexpr const char* kTypes[] = {"siglip_vision_model", "clip_vision_model", "vit"};
  static constexpr const char* kArchitectures[] = {"SiglipVisionModel", "CLIPVisionModel", "ViTModel"};
  const auto family = static_cast<size_t>(vision.family);
  json config = {
      {"model_type", kTypes[family]},
      {"architectures", {kArchitectures[family]}},
      {"hidden_size", vision.hidden_size},
      {"intermediate_size", vision.intermediate_size},
      {"num_hidden_layers", vision.num_hidden_layers},
      {"num_attention_heads", vision.num_attention_heads},
      {"image_size", vision.image_size},
      {"patch_size", vision.patch_size},
      {"num_channels", vision.num_channels},
      {"layer_norm_eps", vision.layer_norm_eps},
      {"hidden_act", activation_name(vision.hidden_act)},
      {"torch_dtype", "float32"},
  };
  if (vision.family == VisionFamily::siglip) config["vision_use_head"] = false;
  if (vision.family == VisionFamily::clip) config["projection_dim"] = vision.hidden_size;
  return config;
}

json to_json(const LlavaConfig& llava) {
  return {
      {"model_type", "llava"},
      {"architectures", {"LlavaForConditionalGeneration"}},
      {"text_config", to_json(llava.text)},
      {"vision_config", to_json(llava.vision)},
      {"image_token_index", llava.image_token_index},
      {"image_token_id", llava.image_token_index},
      {"image_seq_length", llava.vision.num_patches()},
      {"projector_hidden_act", "gelu"},
      {"vision_feature_layer", llava.vision_feature_layer},
      {"vision_feature_select_strategy", llava.drop_class_token ? "default" : "full"},
      {"pad_token_id", llava.text.pad_token_id ? json(*llava.text.pad_token_id) : json(nullptr)},
      {"tie_word_embeddings", llava.text.tie_word_embeddings},
      {"torch_dtype", "float32"},
  };
}

std::filesystem::path config_path(const std::filesystem::path& model) {
  return find_gguf(model).value_or(model / "config.json");
}

json read_config_json(const std::filesystem::path& model) {
  if (const auto gguf = find_gguf(model)) return gguf_config(GgufFile(*gguf));
  const std::filesystem::path path = model / "config.json";
  if (!std::filesystem::exists(path)) {
    throw Error(path.string() + ": is missing; a Hugging Face model directory has it");
  }
  json config = json::parse(read_file(path), nullptr, false);
  if (config.is_discarded() || !config.is_object()) throw Error(path.string() + ": is no JSON object");
  return config;
}

}  // namespace imp::models
