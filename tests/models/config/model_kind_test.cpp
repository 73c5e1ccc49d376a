// SPDX-License-Identifier: Apache-2.0
#include "models/config/model_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/config/refusal.h"

namespace imp::models {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string refusal(const json& config) {
  return test::refusal_of(model_kind, config);
}

const auto kNamesAllKinds = AllOf(HasSubstr("phi, llama, mobilevlm"), HasSubstr("siglip, clip, vit"),
                                  HasSubstr("(llava)"), Not(HasSubstr("\n")));

TEST(ModelKind, IsThatOfTheModelType) {
  for (const char* type : {"phi", "llama", "mobilevlm"})
    EXPECT_EQ(model_kind({{"model_type", type}}, "config.json"), ModelKind::language_model) << type;
  for (const char* type : {"siglip", "siglip_vision_model", "clip", "clip_vision_model", "vit"})
    EXPECT_EQ(model_kind({{"model_type", type}}, "config.json"), ModelKind::vision_tower) << type;
  EXPECT_EQ(model_kind({{"model_type", "llava"}}, "config.json"), ModelKind::llava);
}

TEST(ModelKind, AnotherTypeIsToldAllKindsThatAreRead) {
  for (const char* type :
       {"qwen2", "qwen2_vl", "phi3", "gemma", "gemma2", "mistral", "mixtral", "stablelm", "mobilellama",
        "idefics", "paligemma", "video_llava", "vipllava", "dinov2", "blip-2", ""}) {
    EXPECT_THAT(refusal({{"model_type", type}}), AllOf(HasSubstr("model_type '" + std::string(type) + "'"),
                                                       kNamesAllKinds, Not(HasSubstr("trainer"))));
  }
}

TEST(ModelKind, TheOriginalTrainersLayoutsAreToldHowToGetOneThatIsRead) {
  for (const char* type : {"llava_llama", "llava_mistral", "llava_mpt", "llava_qwen", "llava_phi",
                           "llava-phi", "bunny-phi", "bunny-stablelm", "tiny_llava"}) {
    EXPECT_THAT(refusal({{"model_type", type}}),
                AllOf(HasSubstr("original LLaVA trainer"), HasSubstr("convert_llava_weights_to_hf.py"),
                      kNamesAllKinds));
  }
  // LLaVA's first releases said `llava` themselves, and other forks have names of their own.
  EXPECT_THAT(refusal({{"model_type", "llava"}, {"mm_vision_tower", "openai/clip-vit-large-patch14"}}),
              HasSubstr("original LLaVA trainer"));
  EXPECT_THAT(refusal({{"model_type", "cobra"}, {"mm_projector_type", "mlp2x_gelu"}}),
              HasSubstr("original LLaVA trainer"));
  for (const char* type : {"imp", "imp_phi3", "imp_qwen1_5"})
    EXPECT_THAT(refusal({{"model_type", type}}),
                AllOf(HasSubstr("Imp's own trainer"), HasSubstr("init_projector"), kNamesAllKinds));
  EXPECT_THAT(refusal({{"model_type", "phi-msft"}}), AllOf(HasSubstr("microsoft/phi-2"), kNamesAllKinds));
  EXPECT_THAT(refusal({{"model_type", "llava_next"}}), AllOf(HasSubstr("another assembly"), kNamesAllKinds));
}

TEST(ModelKind, AConfigWithoutATypeIsRefused) {
  for (const json& config : {json::object(), json{{"model_type", nullptr}}, json{{"model_type", 5}},
                             json{{"model_type", json::array({"llama"})}}})
    EXPECT_THAT(refusal(config), AllOf(HasSubstr("model_type"), kNamesAllKinds)) << config;
}

TEST(ModelKind, AModelInAnothersPlaceIsRefused) {
  EXPECT_THAT(test::text_refusal({{"model_type", "siglip_vision_model"}}), HasSubstr("no language model"));
  EXPECT_THAT(test::vision_refusal({{"model_type", "llama"}}), HasSubstr("no vision tower"));
  EXPECT_THAT(test::llava_refusal({{"model_type", "llama"}}), HasSubstr("no LLaVA in transformers' layout"));
}

}  // namespace
}  // namespace imp::models
