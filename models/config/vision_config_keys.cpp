// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "models/config/config_keys.h"

namespace imp::models {
namespace {

constexpr KeyMeaning kNone = KeyMeaning::no_effect, kTraining = KeyMeaning::training;
constexpr KeyMeaning kOnly = KeyMeaning::default_only;
constexpr std::string_view kFrozen = "the tower is frozen here";
constexpr std::string_view kFresh = "size of fresh weights";
constexpr std::string_view kPooled = "for the pooled output, which LLaVA does not take";
constexpr std::string_view kColours = "pictures have three channels here";
constexpr std::string_view kOtherHalf = "for the text half, which is not read";

constexpr auto kSiglipVision = std::to_array<ConfigKey>({
    {"hidden_size", "768"},
    {"intermediate_size", "3072"},
    {"num_hidden_layers", "12"},
    {"num_attention_heads", "12"},
    {"image_size", "224"},
    {"patch_size", "16"},
    {"hidden_act", "\"gelu_pytorch_tanh\""},
    {"layer_norm_eps", "1e-06"},
    {"num_channels", "3", kOnly, kColours},
    {"vision_use_head", "true", kNone, kPooled},
    {"attention_dropout", "0.0", kTraining, kFrozen},
});

constexpr auto kClipVision = std::to_array<ConfigKey>({
    {"hidden_size", "768"},
    {"intermediate_size", "3072"},
    {"num_hidden_layers", "12"},
    {"num_attention_heads", "12"},
    {"image_size", "224"},
    {"patch_size", "32"},
    {"hidden_act", "\"quick_gelu\""},
    {"layer_norm_eps", "1e-05"},
    {"num_channels", "3", kOnly, kColours},
    {"projection_dim", "512", kNone, kPooled},
    {"attention_dropout", "0.0", kTraining, kFrozen},
    {"initializer_range", "0.02", kNone, kFresh},
    {"initializer_factor", "1.0", kNone, kFresh},
});

constexpr auto kVit = std::to_array<ConfigKey>({
    {"hidden_size", "768"},
    {"intermediate_size", "3072"},
    {"num_hidden_layers", "12"},
    {"num_attention_heads", "12"},
    {"image_size", "224"},
    {"patch_size", "16"},
    {"hidden_act", "\"gelu\""},
    {"layer_norm_eps", "1e-12"},
    {"qkv_bias", "true"},
    {"num_channels", "3", kOnly, kColours},
    {"head_dim", "null", kOnly, "imp's ViT has heads of hidden_size / num_attention_heads channels"},
    {"hidden_dropout_prob", "0.0", kTraining, kFrozen},
    {"attention_probs_dropout_prob", "0.0", kTraining, kFrozen},
    {"initializer_range", "0.02", kNone, kFresh},
    {"encoder_stride", "16", kNone, "for masked image modelling"},
    {"pooler_output_size", "null", kNone, kPooled},
    {"pooler_act", "\"tanh\"", kNone, kPooled},
});

constexpr auto kSiglip = std::to_array<ConfigKey>({
    {"vision_config", "null"},
    {"text_config", "null", kNone, kOtherHalf},
    {"initializer_factor", "1.0", kNone, kFresh},
});

constexpr auto kClip = std::to_array<ConfigKey>({
    {"vision_config", "null"},
    {"text_config", "null", kNone, kOtherHalf},
    {"vision_config_dict", "null", kNone, "CLIPVisionModel reads vision_config alone"},
    {"text_config_dict", "null", kNone, kOtherHalf},
    {"projection_dim", "512", kNone, kPooled},
    {"logit_scale_init_value", "2.6592", kNone, kPooled},
    {"initializer_factor", "1.0", kNone, kFresh},
});

}  // namespace

const ConfigClass kSiglipVisionConfig{"SiglipVisionConfig", kSiglipVision};
const ConfigClass kClipVisionConfig{"CLIPVisionConfig", kClipVision};
const ConfigClass kVitConfig{"ViTConfig", kVit};
const ConfigClass kSiglipConfig{"SiglipConfig", kSiglip};
const ConfigClass kClipConfig{"CLIPConfig", kClip};

}  // namespace imp::models
