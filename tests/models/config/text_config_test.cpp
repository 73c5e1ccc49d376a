// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/config/model_kind.h"
#include "tests/models/config/refusal.h"

namespace imp::models {
namespace {

using nlohmann::json;
using test::text_refusal;
using testing::AllOf;
using testing::HasSubstr;

json llama(const json& more) {
  json config = {{"model_type", "llama"}, {"hidden_size", 64}, {"num_attention_heads", 4}};
  config.update(more);
  return config;
}

TEST(TextConfig, SizesThatNoModelHasAreRefused) {
  for (const char* key : {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
                          "num_attention_heads", "max_position_embeddings", "head_dim"}) {
    for (const json& value :
         {json(0), json(-4), json(1e30), json("8"), json(true), json(2.5), json::array({8})})
      EXPECT_THAT(text_refusal(llama({{key, value}})), HasSubstr("config.json: " + std::string(key)))
          << value;
  }
  EXPECT_THAT(text_refusal(llama({{"num_key_value_heads", 3}})), HasSubstr("does not divide"));
  EXPECT_THAT(text_refusal(llama({{"num_attention_heads", 5}})), HasSubstr("is not a multiple"));
  EXPECT_EQ(parse_text_config(llama({{"vocab_size", 96.0}}), "config.json").vocab_size, 96);
}

TEST(TextConfig, WhatChangesTheResultAndIsNotThereIsRefusedAllAtOnce) {
  const std::string said = text_refusal(llama({{"quantization_config", {{"load_in_4bit", true}}},
                                               {"pruned_heads", {{"1", {0}}}},
                                               {"per_layer_config", {{"0", {{"hidden_act", "gelu"}}}}}}));
  EXPECT_THAT(said, AllOf(HasSubstr("quantization_config"), HasSubstr("model.dequantize()"),
                          HasSubstr("pruned_heads"), HasSubstr("per_layer_config")));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2);
  EXPECT_EQ(text_refusal(llama({{"quantization_config", nullptr}, {"pruned_heads", json::object()}})), "");
}

TEST(TextConfig, ActivationsWithWeightsOrUnknownNamesAreRefused) {
  for (const char* name : {"prelu", "xielu", "gelu_twice", ""})
    EXPECT_THAT(text_refusal(llama({{"hidden_act", name}})),
                AllOf(HasSubstr("hidden_act is '" + std::string(name) + "'"), HasSubstr("relu2")));
}

TEST(TextConfig, RotarySettingsThatAreNotThereAreRefused) {
  const auto scaled = [](const json& scaling) { return text_refusal(llama({{"rope_scaling", scaling}})); };
  EXPECT_THAT(scaled({{"type", "su"}, {"factor", 2.0}}),
              AllOf(HasSubstr("rope_type is 'su'"), HasSubstr("longrope")));
  EXPECT_THAT(scaled({{"type", "linear"}}), HasSubstr("needs a factor above 0"));
  EXPECT_THAT(scaled({{"rope_type", "linear"}, {"type", "dynamic"}, {"factor", 2.0}}),
              HasSubstr("leave the wrong one out"));
  EXPECT_THAT(scaled({{"rope_type", "llama3"}, {"factor", 8.0}, {"low_freq_factor", 1.0}}),
              HasSubstr("high_freq_factor"));
  EXPECT_THAT(scaled({{"rope_type", "longrope"}, {"short_factor", {1.0}}, {"long_factor", {1.0}}}),
              HasSubstr("a list of 8 numbers"));
  EXPECT_THAT(scaled("linear"), HasSubstr("rope_scaling: is no JSON object"));
  EXPECT_THAT(text_refusal(llama({{"partial_rotary_factor", 0.5}})), HasSubstr("a LLaMA turns all channels"));
  EXPECT_THAT(text_refusal(llama(
                  {{"original_max_position_embeddings", 64},
                   {"rope_scaling",
                    {{"rope_type", "yarn"}, {"factor", 2.0}, {"original_max_position_embeddings", 32}}}})),
              HasSubstr("make them equal"));
  EXPECT_THAT(text_refusal({{"model_type", "phi"}, {"partial_rotary_factor", 0.3}}),
              HasSubstr("no even number"));
  EXPECT_EQ(
      text_refusal(llama({{"rope_scaling", json::object()}, {"rope_parameters", {{"rope_theta", 5.0}}}})),
      "");
}

TEST(TextConfig, ScalingGoesBeforeParametersAsInTransformers) {
  const TextConfig text = parse_text_config(
      llama({{"rope_theta", 7.0},
             {"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}},
             {"rope_parameters", {{"rope_type", "linear"}, {"factor", 3.0}, {"rope_theta", 5.0}}}}),
      "config.json");
  EXPECT_EQ(text.rope_scaling.factor, 2.0);
  EXPECT_EQ(text.rope_theta, 7.0);
}

TEST(TextConfig, OtherLayersThanFullAttentionAreRefused) {
  EXPECT_THAT(text_refusal(llama({{"layer_types", {"full_attention", "sliding_attention"}}})),
              HasSubstr("layer_types"));
  EXPECT_EQ(text_refusal(llama({{"layer_types", {"full_attention", "full_attention"}}})), "");
}

TEST(TextConfig, ATokenThatIsNullIsNoneAndOneThatIsAbsentTheDefault) {
  const TextConfig absent = parse_text_config(llama(json::object()), "config.json");
  EXPECT_EQ(absent.bos_token_id, 1);
  EXPECT_EQ(absent.eos_token_id, 2);
  const TextConfig null = parse_text_config(llama({{"eos_token_id", nullptr}}), "config.json");
  EXPECT_FALSE(null.eos_token_id.has_value());
  EXPECT_EQ(parse_text_config(llama({{"eos_token_id", {7, 8}}}), "config.json").eos_token_id, 7);
  EXPECT_THAT(text_refusal(llama({{"eos_token_id", {"</s>"}}})), HasSubstr("eos_token_id"));
}

/// Written and read again, every scaling is what it was.
TEST(TextConfig, IsWrittenAsItIsRead) {
  const json factors = {1, 1, 1.5, 2, 2, 3, 4, 4};
  for (const json& scaling :
       {json{{"rope_type", "linear"}, {"factor", 4.0}}, json{{"rope_type", "dynamic"}, {"factor", 2.0}},
        json{{"rope_type", "yarn"},
             {"factor", 4.0},
             {"original_max_position_embeddings", 512},
             {"mscale", 1.0},
             {"mscale_all_dim", 0.5}},
        json{{"rope_type", "longrope"},
             {"factor", 4.0},
             {"short_factor", factors},
             {"long_factor", factors},
             {"original_max_position_embeddings", 512}},
        json{{"rope_type", "llama3"},
             {"factor", 8.0},
             {"low_freq_factor", 1.0},
             {"high_freq_factor", 4.0},
             {"original_max_position_embeddings", 512}}}) {
    const json once = to_json(parse_text_config(
        llama({{"rope_scaling", scaling}, {"attention_bias", true}, {"sliding_window", 9}}), "config.json"));
    EXPECT_EQ(to_json(parse_text_config(once, "config.json")), once) << scaling;
    EXPECT_EQ(once["rope_scaling"]["rope_type"], scaling["rope_type"]);
  }
}

}  // namespace
}  // namespace imp::models
