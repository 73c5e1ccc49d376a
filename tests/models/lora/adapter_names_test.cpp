// SPDX-License-Identifier: Apache-2.0
#include "models/lora/adapter_names.h"

#include <gtest/gtest.h>

namespace imp::models {
namespace {

struct Spelling {
  const char *name, *path;
  TensorRole role;
  ModelPart part;
};

TEST(AdapterNames, OfEveryLayoutAreThePathsOfThisProgramsModels) {
  using enum TensorRole;
  const Spelling spellings[] = {
      {"base_model.model.model.layers.0.mlp.fc1.lora_A.weight", "model.layers.0.mlp.fc1", lora_A,
       ModelPart::text},
      {"base_model.model.model.language_model.layers.0.mlp.fc1.lora_B.weight", "model.layers.0.mlp.fc1",
       lora_B, ModelPart::text},
      {"base_model.model.language_model.model.layers.0.mlp.fc1.lora_B.bias", "model.layers.0.mlp.fc1",
       lora_B_bias, ModelPart::text},
      {"base_model.model.layers.0.mlp.fc1.lora_magnitude_vector", "model.layers.0.mlp.fc1", magnitude,
       ModelPart::text},
      {"base_model.model.lm_head.lora_A.weight", "lm_head", lora_A, ModelPart::text},
      {"base_model.model.language_model.lm_head.base_layer.weight", "lm_head.weight", whole_parameter,
       ModelPart::text},
      {"base_model.model.model.language_model.embed_tokens.lora_embedding_A", "model.embed_tokens",
       embedding_A, ModelPart::text},
      {"base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", "model.embed_tokens",
       token_rows, ModelPart::text},
      {"base_model.model.model.vision_tower.vision_model.encoder.layers.1.self_attn.q_proj.lora_A.weight",
       "vision_tower.encoder.layers.1.self_attn.q_proj", lora_A, ModelPart::vision},
      {"base_model.model.vision_tower.encoder.layers.1.mlp.fc1.lora_B.weight",
       "vision_tower.encoder.layers.1.mlp.fc1", lora_B, ModelPart::vision},
      {"base_model.model.model.vision_tower.vision_tower.vision_model.pre_layrnorm.bias",
       "vision_tower.pre_layrnorm.bias", whole_parameter, ModelPart::vision},
      {"base_model.model.model.vision_tower.layers.3.attention.o_proj.lora_A.weight",
       "vision_tower.encoder.layer.3.attention.output.dense", lora_A, ModelPart::vision},
      {"base_model.model.model.vision_tower.layers.3.mlp.fc2.base_layer.bias",
       "vision_tower.encoder.layer.3.output.dense.bias", whole_parameter, ModelPart::vision},
      {"base_model.model.model.vision_tower.layers.3.layernorm_before.bias",
       "vision_tower.encoder.layer.3.layernorm_before.bias", whole_parameter, ModelPart::vision},
      {"base_model.model.model.multi_modal_projector.linear_1.lora_A.weight",
       "multi_modal_projector.linear_1", lora_A, ModelPart::projector},
      {"base_model.model.multi_modal_projector.linear_2.bias", "multi_modal_projector.linear_2.bias",
       whole_parameter, ModelPart::projector},
      {"base_model.model.model.mm_projector.0.weight", "multi_modal_projector.linear_1.weight",
       whole_parameter, ModelPart::projector},
      {"model.mm_projector.2.bias", "multi_modal_projector.linear_2.bias", whole_parameter,
       ModelPart::projector},
  };
  for (const Spelling& spelling : spellings) {
    const AdapterTensorName parsed = parse_adapter_name(spelling.name);
    EXPECT_EQ(parsed.path, spelling.path) << spelling.name;
    EXPECT_EQ(parsed.role, spelling.role) << spelling.name;
    EXPECT_EQ(part_of(parsed.path), spelling.part) << spelling.name;
  }
}

TEST(AdapterNames, AreWrittenAsPeftNamesALlavaOfTransformers5) {
  EXPECT_EQ(peft_path("model.layers.0.mlp.fc1"), "base_model.model.model.language_model.layers.0.mlp.fc1");
  EXPECT_EQ(peft_path("lm_head"), "base_model.model.lm_head");
  EXPECT_EQ(peft_path("multi_modal_projector.linear_1"),
            "base_model.model.model.multi_modal_projector.linear_1");
}

}  // namespace
}  // namespace imp::models
