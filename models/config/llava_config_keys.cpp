// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "models/config/config_keys.h"

namespace imp::models {
namespace {

constexpr KeyMeaning kNone = KeyMeaning::no_effect;

constexpr auto kLlava = std::to_array<ConfigKey>({
    {"text_config", "null"},    // LlamaConfig's defaults
    {"vision_config", "null"},  // CLIP-L/336 (llava_config.cpp)
    {"image_token_index", "32000"},
    {"image_token_id", "null"},  // another name of image_token_index
    {"projector_hidden_act", "\"gelu\""},
    {"multimodal_projector_bias", "true"},
    {"vision_feature_layer", "-2"},
    {"vision_feature_select_strategy", "\"default\""},
    {"tie_word_embeddings", "false"},
    {"image_seq_length", "576", kNone, "follows from the tower and the strategy"},
    {"ignore_index", "-100", kNone, "the label that is not learned"},
    {"vocab_size", "null", kNone, "text_config's is the one that counts"},
});

}  // namespace

const ConfigClass kLlavaConfig{"LlavaConfig", kLlava};

}  // namespace imp::models
