// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "models/layers/linear.h"
#include "models/weights/weight_source.h"

namespace imp::models {

/// LLaVA-1.5's connector `mlp2x_gelu`: Linear, GELU (erf), Linear.
struct Projector {
  Linear linear_1;  ///< vision hidden -> text hidden
  Linear linear_2;  ///< text hidden -> text hidden

  /// image_features [..., vision hidden] -> [..., text hidden].
  [[nodiscard]] at::Tensor forward(const at::Tensor& image_features) const;

  /// Every parameter as `multi_modal_projector.linear_{1,2}.{weight,bias}`.
  void visit_parameters(const ParameterVisitor& visit);
};

/// torch.nn.Linear's default init, uniform(-1/sqrt(in), 1/sqrt(in)), a pure function of the seed.
[[nodiscard]] Projector make_projector(int64_t vision_hidden, int64_t text_hidden, uint64_t seed);

/// Reads `multi_modal_projector.linear_{1,2}` or LLaVA's `model.mm_projector.{0,2}`, also out of a LoRA run's
/// non_lora_trainables, from a safetensors file.
/// Throws imp::Error (usage) naming the tensor that is missing or misshapen, or one of another part that was
/// trained beside the projector and would be left out.
[[nodiscard]] Projector load_projector(const std::filesystem::path& file, int64_t vision_hidden,
                                       int64_t text_hidden);

/// Writes projector.safetensors in the HF names.
void save_projector(const std::filesystem::path& file, Projector projector);

}  // namespace imp::models
