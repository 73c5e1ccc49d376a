// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/config/refusal.h"

namespace imp::models {
namespace {

using nlohmann::json;
using test::vision_refusal;
using testing::HasSubstr;

TEST(VisionConfig, ATowerBesideATextHalfIsReadFromIts) {
  const json config = {{"model_type", "siglip"},
                       {"text_config", {{"hidden_size", 8}}},
                       {"vision_config",
                        {{"hidden_size", 1152},
                         {"intermediate_size", 4304},
                         {"num_hidden_layers", 27},
                         {"num_attention_heads", 16},
                         {"image_size", 384},
                         {"patch_size", 14},
                         {"model_type", "siglip_vision_model"}}}};
  const VisionConfig vision = parse_vision_config(config, "config.json");
  EXPECT_EQ(vision.num_patches(), 27 * 27);
  EXPECT_EQ(vision.num_hidden_layers, 27);
}

TEST(VisionConfig, AnAbsentVisionHalfIsTheClassesDefault) {
  EXPECT_EQ(parse_vision_config({{"model_type", "clip"}}, "config.json").patch_size, 32);
  EXPECT_EQ(
      parse_vision_config({{"model_type", "siglip"}, {"vision_config", nullptr}}, "config.json").patch_size,
      16);
}

/// CLIPVisionModel reads vision_config alone, CLIPModel lets vision_config_dict overrule it.
TEST(VisionConfig, TheSecondDictionaryOfOldClipsIsNotTheTowers) {
  const json config = {{"model_type", "clip"},
                       {"vision_config", {{"patch_size", 14}, {"hidden_act", "gelu"}}},
                       {"vision_config_dict", {{"patch_size", 14}}}};
  EXPECT_EQ(parse_vision_config(config, "config.json").hidden_act, Activation::gelu);
}

TEST(VisionConfig, PicturesThatAreNotSquareAreRefused) {
  for (const char* key : {"image_size", "patch_size"}) {
    for (const json& value :
         {json{32, 16}, json::array(), json{16, 16, 16}, json{"16", "16"}, json{16.5, 16.5}, json{-16, -16}})
      EXPECT_THAT(vision_refusal({{"model_type", "vit"}, {key, value}}),
                  HasSubstr("config.json: " + std::string(key)))
          << value;
    EXPECT_EQ(vision_refusal({{"model_type", "vit"}, {key, {32, 32}}}), "");
  }
  EXPECT_THAT(vision_refusal({{"model_type", "vit"}, {"image_size", 8}}), HasSubstr("holds no patch"));
}

TEST(VisionConfig, OtherChannelsHeadsAndActivationsAreRefused) {
  EXPECT_THAT(vision_refusal({{"model_type", "clip_vision_model"}, {"num_channels", 1}}),
              HasSubstr("num_channels"));
  EXPECT_THAT(vision_refusal({{"model_type", "vit"}, {"head_dim", 32}}), HasSubstr("head_dim"));
  EXPECT_THAT(vision_refusal({{"model_type", "vit"}, {"num_attention_heads", 0}}),
              HasSubstr("num_attention_heads"));
  EXPECT_THAT(vision_refusal({{"model_type", "siglip_vision_model"}, {"hidden_act", "prelu"}}),
              HasSubstr("hidden_act"));
  EXPECT_THAT(vision_refusal({{"model_type", "siglip_vision_model"}, {"quantization_config", {{"bits", 4}}}}),
              HasSubstr("quantization_config"));
}

}  // namespace
}  // namespace imp::models
