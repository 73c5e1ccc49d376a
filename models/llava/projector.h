// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "models/layers/linear.h"
#include "models/weights/weight_source.h"

namespace imp::models {

/// LLaVA-1.5's connector: Linear, activation, Linear. `mlp2x_gelu` unless a LlavaConfig says otherwise.
struct Projector {
  Linear linear_1;                           ///< width of the features -> text hidden
  Linear linear_2;                           ///< text hidden -> text hidden
  Activation activation = Activation::gelu;  ///< in no projector file; a LLaVA's config.json has it

  /// image_features [..., width] -> [..., text hidden].
  [[nodiscard]] at::Tensor forward(const at::Tensor& image_features) const;

  /// Every parameter as `multi_modal_projector.linear_{1,2}.{weight,bias}`, biases where there are any.
  void visit_parameters(const ParameterVisitor& visit);
};

/// torch.nn.Linear's default init, uniform(-1/sqrt(in), 1/sqrt(in)), a pure function of the seed.
[[nodiscard]] Projector make_projector(int64_t feature_width, int64_t text_hidden, uint64_t seed);

/// Reads `multi_modal_projector.linear_{1,2}` or LLaVA's `model.mm_projector.{0,2}`, also out of a LoRA run's
/// non_lora_trainables, from a safetensors file, with the biases that it has.
/// Throws imp::Error (usage) naming the tensor that is missing or misshapen, or one of another part that was
/// trained beside the projector and would be left out.
[[nodiscard]] Projector load_projector(const std::filesystem::path& file, int64_t feature_width,
                                       int64_t text_hidden, Activation activation);

/// Writes projector.safetensors in the HF names.
void save_projector(const std::filesystem::path& file, Projector projector);

}  // namespace imp::models
