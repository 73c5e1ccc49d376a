// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace imp::models {

/// The parts of a LLaVA that an adapter may change.
enum class ModelPart { text, vision, projector };

/// What a tensor of an adapter file is to its module.
enum class TensorRole {
  lora_A,           ///< [rank, in], of a convolution [rank, channels, height, width]
  lora_B,           ///< [out, rank], of a convolution [out, rank, 1, 1]
  lora_B_bias,      ///< [out]
  embedding_A,      ///< [rank, rows]
  embedding_B,      ///< [width, rank]
  magnitude,        ///< [out], DoRA's length of each row
  token_rows,       ///< [tokens, width], rows in place of the embedding's
  whole_parameter,  ///< in place of the base model's
};

/// A tensor of an adapter file under the name that this program's models have.
struct AdapterTensorName {
  TensorRole role;
  /// Path of the module, or of the parameter if it is whole: as in a language model's own state dict
  /// (`model.layers.0.self_attn.q_proj`, `lm_head.weight`), behind `vision_tower.` as
  /// VisionTower::visit_parameters names it, or `multi_modal_projector.linear_{1,2}`.
  std::string path;
  /// Path as the file spells it, without `base_model.model.`: PEFT's patterns are matched with it.
  std::string spelled;
  std::string ending;          ///< what follows the module's path in the file; empty for a whole parameter
  bool of_base_layer = false;  ///< a whole parameter of a layer that has an adapter too
};

/// Reads a name of adapter_model.safetensors or of LLaVA's non_lora_trainables, in any of the spellings of a
/// plain causal language model, LLaVA of transformers 4 and 5, and LLaVA's own code.
[[nodiscard]] AdapterTensorName parse_adapter_name(const std::string& name);

/// The part that a path of AdapterTensorName lies in.
[[nodiscard]] ModelPart part_of(const std::string& path);

inline constexpr const char* kPeftPrefix = "base_model.model.";

/// The key that PEFT has for a path of AdapterTensorName (without role) in a LLaVA of transformers 5, where
/// the language model's and the projector's paths begin with `model.`; a vision tower's rest stays as it is.
[[nodiscard]] std::string peft_path(const std::string& path);

}  // namespace imp::models
