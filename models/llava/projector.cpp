// SPDX-License-Identifier: Apache-2.0
#include "models/llava/projector.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cmath>

#include "models/io/error.h"
#include "models/io/hash.h"
#include "models/weights/safetensors.h"

namespace imp::models {

at::Tensor Projector::forward(const at::Tensor& image_features) const {
  const at::Tensor flat = image_features.reshape({-1, image_features.size(-1)});
  at::Tensor out = linear_2.forward(linear_1.forward_activated(flat, activation));
  std::vector<int64_t> shape = image_features.sizes().vec();
  shape.back() = out.size(-1);
  return out.view(shape);
}

void Projector::visit_parameters(const ParameterVisitor& visit) {
  const auto linear = [&](const std::string& name, Linear& layer) {
    visit(name + ".weight", layer.weight);
    if (layer.bias.defined()) visit(name + ".bias", layer.bias);
  };
  linear("multi_modal_projector.linear_1", linear_1);
  linear("multi_modal_projector.linear_2", linear_2);
}

Projector make_projector(int64_t feature_width, int64_t text_hidden, uint64_t seed) {
  uint64_t stream = 0;
  const auto uniform = [&](std::vector<int64_t> shape, int64_t fan_in) {
    at::Generator generator = at::detail::createCPUGenerator(counter_random(seed, stream++, 0));
    const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));
    return at::empty(shape).uniform_(-bound, bound, generator);
  };
  const auto linear = [&](int64_t in, int64_t out) {
    return Linear{uniform({out, in}, in), uniform({out}, in), {}};
  };
  Projector projector;
  projector.linear_1 = linear(feature_width, text_hidden);
  projector.linear_2 = linear(text_hidden, text_hidden);
  return projector;
}

namespace {

/// A file of what was trained beside an adapter or a projector may have more than the projector; a whole
/// checkpoint is a place to take a projector from.
void refuse_more_than_a_projector(const std::filesystem::path& file) {
  const CheckpointWeights weights(file);
  std::string more;
  for (const std::string& name : weights.names()) {
    const bool of_tower = name.find("vision_tower.") != std::string::npos;
    if (!of_tower && name.find("layers.") != std::string::npos) return;
    if (of_tower || name.find("embed_tokens.") != std::string::npos ||
        name.find("lm_head.") != std::string::npos)
      more = name;
  }
  if (more.empty()) return;
  throw Error(
      fmt::format("{}: has '{}' beside the projector, which would be left out; name the file "
                  "non_lora_trainables.safetensors and put it beside the adapter it was trained with",
                  file.string(), more));
}

}  // namespace

Projector load_projector(const std::filesystem::path& file, int64_t feature_width, int64_t text_hidden,
                         Activation activation) {
  refuse_more_than_a_projector(file);
  // The last is of LLaVA's non_lora_trainables, named inside of PEFT's model.
  std::vector<std::pair<std::string, std::string>> prefixes{{"", ""}, {"", "model."}};
  for (const char* own : {"model.mm_projector.", "mm_projector.", "base_model.model.model.mm_projector."}) {
    prefixes.emplace_back("multi_modal_projector.linear_1", std::string(own) + "0");
    prefixes.emplace_back("multi_modal_projector.linear_2", std::string(own) + "2");
  }
  CheckpointSource weights(file, prefixes, at::kFloat);
  const auto linear = [&](const std::string& name, int64_t in, int64_t out) {
    const bool biased = weights.has(name + ".bias");
    return Linear{weights.take(name + ".weight", {out, in}).clone(),
                  biased ? weights.take(name + ".bias", {out}).clone() : at::Tensor(),
                  {}};
  };
  Projector projector;
  projector.activation = activation;
  projector.linear_1 = linear("multi_modal_projector.linear_1", feature_width, text_hidden);
  projector.linear_2 = linear("multi_modal_projector.linear_2", text_hidden, text_hidden);
  return projector;
}

void save_projector(const std::filesystem::path& file, Projector projector) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  projector.visit_parameters(
      [&](const std::string& name, at::Tensor& tensor) { tensors.emplace_back(name, tensor); });
  save_tensors(file, tensors);
}

}  // namespace imp::models
