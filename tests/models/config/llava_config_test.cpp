// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/config/refusal.h"

namespace imp::models {
namespace {

using nlohmann::json;
using test::llava_refusal;
using testing::AllOf;
using testing::HasSubstr;

/// llava-hf/llava-1.5-7b-hf's config.json.
json llava_1_5() {
  return json::parse(R"({
    "architectures": ["LlavaForConditionalGeneration"], "ignore_index": -100, "image_token_index": 32000,
    "model_type": "llava", "pad_token_id": 32001, "projector_hidden_act": "gelu",
    "text_config": {"_name_or_path": "lmsys/vicuna-7b-v1.5", "architectures": ["LlamaForCausalLM"],
                    "max_position_embeddings": 4096, "model_type": "llama", "rms_norm_eps": 1e-05,
                    "torch_dtype": "float16", "vocab_size": 32064},
    "tie_word_embeddings": false, "torch_dtype": "float16", "transformers_version": "4.36.0.dev0",
    "vision_config": {"hidden_size": 1024, "image_size": 336, "intermediate_size": 4096,
                      "model_type": "clip_vision_model", "num_attention_heads": 16, "num_hidden_layers": 24,
                      "patch_size": 14, "projection_dim": 768, "vocab_size": 32000},
    "vision_feature_layer": -2, "vision_feature_select_strategy": "default", "vocab_size": 32064})");
}

TEST(LlavaConfig, TheMostUsedCheckpointHasTransformersDefaults) {
  const LlavaConfig llava = parse_llava_config(llava_1_5(), "config.json");
  EXPECT_EQ(llava.text.vocab_size, 32064);
  EXPECT_EQ(llava.text.hidden_size, 4096);
  EXPECT_EQ(llava.text.intermediate_size, 11008);
  EXPECT_EQ(llava.text.num_hidden_layers, 32);
  EXPECT_EQ(llava.text.num_key_value_heads, 32);
  EXPECT_EQ(llava.text.norm_eps, 1e-5);
  EXPECT_EQ(llava.text.hidden_act, Activation::silu);
  EXPECT_EQ(llava.vision.hidden_act, Activation::quick_gelu);
  EXPECT_EQ(llava.features.image_tokens(llava.vision), 576);
  EXPECT_EQ(llava.image_token_index, 32000);
  EXPECT_FALSE(llava.text.tie_word_embeddings);
}

/// xtuner's LLaVA-Phi-3 under LLaMA's name keeps Phi-3's sliding_window and its original positions.
TEST(LlavaConfig, KeysThatAConversionLeftAreNoHindrance) {
  json config = llava_1_5();
  config["text_config"].update({{"hidden_size", 3072},
                                {"intermediate_size", 8192},
                                {"sliding_window", 2047},
                                {"original_max_position_embeddings", 4096},
                                {"rope_scaling", nullptr}});
  EXPECT_EQ(parse_llava_config(config, "config.json").text.sliding_window, 2047);
}

TEST(LlavaConfig, LanguageModelsAndTowersThatAreNotThereAreNamed) {
  json bakllava = llava_1_5();
  bakllava["text_config"]["model_type"] = "mistral";
  EXPECT_THAT(llava_refusal(bakllava), HasSubstr("config.json: text_config: model_type 'mistral'"));
  json dino = llava_1_5();
  dino["vision_config"]["model_type"] = "dinov2";
  EXPECT_THAT(llava_refusal(dino), HasSubstr("config.json: vision_config: model_type 'dinov2'"));
}

TEST(LlavaConfig, PartsThatAreAbsentAreLlavasOwnDefaults) {
  json config = llava_1_5();
  config.erase("vision_config");
  config["text_config"] = nullptr;
  const LlavaConfig llava = parse_llava_config(config, "config.json");
  EXPECT_EQ(llava.vision.image_size, 336);  // CLIPVisionConfig alone says 224
  EXPECT_EQ(llava.vision.num_hidden_layers, 24);
  EXPECT_EQ(llava.text.vocab_size, 32000);
  config["vision_config"] = json::object();
  EXPECT_EQ(parse_llava_config(config, "config.json").vision.image_size, 224);
  config["text_config"] = "llama";
  EXPECT_THAT(llava_refusal(config), HasSubstr("text_config: is no JSON object"));
}

TEST(LlavaConfig, FeaturesOfEveryLayerAndStrategyAreCounted) {
  json config = llava_1_5();
  config["vision_feature_layer"] = {-2, -5, 3};
  config["vision_feature_select_strategy"] = "full";
  const LlavaConfig full = parse_llava_config(config, "config.json");
  EXPECT_EQ(full.features.width(full.vision), 3 * 1024);
  EXPECT_EQ(full.features.image_tokens(full.vision), 577);
  config["vision_config"]["model_type"] = "siglip_vision_model";
  config["vision_feature_select_strategy"] = "default";
  const LlavaConfig siglip = parse_llava_config(config, "config.json");
  EXPECT_EQ(siglip.features.image_tokens(siglip.vision), 575);
}

TEST(LlavaConfig, FeaturesThatTheTowerDoesNotHaveAreRefused) {
  const auto with_layer = [](const json& layer) {
    json config = llava_1_5();
    config["vision_feature_layer"] = layer;
    return llava_refusal(config);
  };
  for (const json& layer : {json(25), json(-26), json{-2, 25}})
    EXPECT_THAT(with_layer(layer), HasSubstr("outside the tower's 25 hidden states")) << layer;
  for (const json& layer : {json::array(), json("-2"), json{-2, "x"}, json(-2.5)})
    EXPECT_THAT(with_layer(layer), HasSubstr("vision_feature_layer")) << layer;
  EXPECT_EQ(with_layer(-25), "");
  json config = llava_1_5();
  config["vision_feature_select_strategy"] = "cls_patch";
  EXPECT_THAT(llava_refusal(config), AllOf(HasSubstr("'cls_patch'"), HasSubstr("default or full")));
}

TEST(LlavaConfig, ProjectorsThatAreNotThereAreRefused) {
  json config = llava_1_5();
  config["projector_hidden_act"] = "prelu";
  EXPECT_THAT(llava_refusal(config), HasSubstr("config.json: projector_hidden_act is 'prelu'"));
  config = llava_1_5();
  config["multimodal_projector_bias"] = "no";
  EXPECT_THAT(llava_refusal(config), HasSubstr("true or false"));
}

TEST(LlavaConfig, TheNewerNameOfTheImageTokenWins) {
  json config = llava_1_5();
  config["image_token_id"] = 32063;
  EXPECT_EQ(parse_llava_config(config, "config.json").image_token_index, 32063);
  config.erase("image_token_index");
  config.erase("image_token_id");
  EXPECT_EQ(parse_llava_config(config, "config.json").image_token_index, 32000);
}

TEST(LlavaConfig, IsWrittenAsItIsRead) {
  json config = llava_1_5();
  config.update({{"vision_feature_layer", {-2, 1}},
                 {"projector_hidden_act", "swish"},
                 {"multimodal_projector_bias", false}});
  const json once = to_json(parse_llava_config(config, "config.json"));
  EXPECT_EQ(to_json(parse_llava_config(once, "config.json")), once);
  EXPECT_EQ(once["projector_hidden_act"], "silu");
  EXPECT_EQ(once["vision_feature_layer"], json({-2, 1}));
}

}  // namespace
}  // namespace imp::models
