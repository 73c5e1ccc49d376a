// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/feature_extractor.h"

#include <ATen/ATen.h>

#include "harness/data/llava_rows.h"
#include "harness/stages/left_out_rows.h"

namespace imp::harness {

at::Tensor FeatureExtractor::extract(const at::Tensor& pixel_values) const {
  const at::Tensor pixels = pixel_values.to(options.device(), /*dtype=*/at::kFloat, /*non_blocking=*/true);
  return tower.features(pixels.to(options.dtype().toScalarType()), features).to(number_format);
}

at::ScalarType features_format(const TrialConfig& config) {
  return config.dtype == "bfloat16" ? at::kBFloat16 : at::kFloat;
}

at::TensorOptions tower_options(const StageContext& context) {
  const at::ScalarType format = context.device.is_cpu() ? at::kFloat : features_format(context.trial.config);
  return at::TensorOptions(context.device).dtype(format);
}

VisionParts load_tower(const StageContext& context, const models::PeftAdapter* adapter) {
  return load_vision(context.trial, context.spec, adapter, tower_options(context));
}

std::vector<std::string> training_pictures(const StageContext& context, const RowsLocation& rows) {
  std::vector<std::string> names = LlavaFile(rows.json, rows.index).pictures();
  if (!context.has_input("pictures")) return names;
  const LeftOut left_out = read_left_out(context.input("pictures"));
  std::erase_if(names, [&](const std::string& name) { return left_out.pictures.contains(name); });
  return names;
}

}  // namespace imp::harness
