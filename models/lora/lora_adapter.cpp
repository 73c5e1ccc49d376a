// SPDX-License-Identifier: Apache-2.0
#include "models/lora/lora_adapter.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/lora/adapter_config.h"
#include "models/lora/lora_targets.h"
#include "models/weights/safetensors.h"

namespace imp::models {
namespace {

using nlohmann::json;

constexpr const char* kPeftPrefix = "base_model.model.";

/// `model.layers.0.x` -> `model.language_model.layers.0.x`; `lm_head` stays: LLaVA's module paths in
/// transformers 5.
std::string llava_path(const std::string& name) {
  return name.starts_with("model.") ? "model.language_model." + name.substr(6) : name;
}

/// The inverse, for all spellings that PEFT directories carry.
std::string plain_path(std::string name) {
  if (name.starts_with(kPeftPrefix)) name = name.substr(std::string_view(kPeftPrefix).size());
  for (const char* prefix : {"model.language_model.", "language_model.model."}) {
    if (name.starts_with(prefix)) return "model." + name.substr(std::string_view(prefix).size());
  }
  return name.starts_with("language_model.") ? name.substr(15) : name;
}

LoraAdapter fresh_adapter(const Linear& linear, const LoraOptions& options, uint64_t seed, uint64_t layer) {
  at::Generator generator = at::detail::createCPUGenerator(counter_random(seed, layer, 0));
  const double bound = 1.0 / std::sqrt(static_cast<double>(linear.in_features()));
  const auto type = at::TensorOptions(at::kFloat);
  LoraAdapter adapter;
  adapter.lora_A = at::empty({options.rank, linear.in_features()}, type).uniform_(-bound, bound, generator);
  adapter.lora_B = at::zeros({linear.out_features(), options.rank}, type);
  adapter.lora_A = adapter.lora_A.to(linear.weight.device());
  adapter.lora_B = adapter.lora_B.to(linear.weight.device());
  adapter.scaling = options.alpha / static_cast<double>(options.rank);
  adapter.dropout = options.dropout;
  adapter.dropout_key = counter_random(seed, layer, 1);
  return adapter;
}

/// `base_model.model.model.language_model.layers.0.mlp.fc1.lora_A.weight` ->
/// `model.language_model.layers.0.mlp.fc1`, which PEFT's patterns are matched with.
std::string module_path(std::string name) {
  if (name.starts_with(kPeftPrefix)) name = name.substr(std::string_view(kPeftPrefix).size());
  return name.substr(0, name.rfind(".lora_"));
}

/// `base_model.model.model.multi_modal_projector.linear_1.weight` -> `multi_modal_projector.linear_1.weight`,
/// the name that Projector::visit_parameters gives; empty for a tensor of another module and for LoRA on the
/// projector.
std::string projector_part(const std::string& name) {
  const size_t place = name.find("multi_modal_projector.");
  return place == std::string::npos || name.find(".lora_") != std::string::npos ? "" : name.substr(place);
}

std::shared_ptr<CheckpointWeights> adapter_weights(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "adapter_model.safetensors",
                              pickle = directory / "adapter_model.bin";
  if (!std::filesystem::exists(file) && std::filesystem::exists(pickle))
    return std::make_shared<CheckpointWeights>(pickle);
  return std::make_shared<CheckpointWeights>(file);
}

at::Tensor adapter_tensor(const std::shared_ptr<CheckpointWeights>& weights, const std::string& name,
                          const std::vector<int64_t>& shape) {
  const TensorView& view = weights->at(name);
  if (view.shape != shape) {
    throw Error(fmt::format("{}: '{}' is {}; the model's layer and the rank ask for {}",
                            weights->path().string(), name, describe(view.dtype, view.shape),
                            describe(DType::f32, shape)));
  }
  return checkpoint_tensor(weights, name).to(at::kFloat).clone();
}

/// The end of a module path, the same in every generation of names, as a regular expression.
std::string pattern_of(const std::string& name) {
  std::string pattern;
  for (const char c : name.starts_with("model.") ? name.substr(6) : name)
    pattern += c == '.' ? "\\." : std::string(1, c);
  return pattern;
}

}  // namespace

int64_t attach_lora(TextModel& model, const LoraOptions& options, uint64_t seed) {
  const std::regex expression = lora_target_expression(options.targets);
  int64_t attached = 0;
  uint64_t layer = 0;
  for (const NamedLinear& entry : model.linears()) {
    ++layer;
    if (!std::regex_match(entry.name, expression)) continue;
    entry.linear->adapter = fresh_adapter(*entry.linear, options, seed, layer);
    ++attached;
  }
  if (attached == 0) {
    throw Error(fmt::format(
        "lora_targets: '{}' matches no layer; their paths look like 'model.layers.0.self_attn.q_proj'",
        options.targets));
  }
  return attached;
}

void visit_adapter(TextModel& model, const ParameterVisitor& visit) {
  for (const NamedLinear& entry : model.linears()) {
    if (!entry.linear->adapter) continue;
    const std::string path = kPeftPrefix + llava_path(entry.name);
    visit(path + ".lora_A.weight", entry.linear->adapter->lora_A);
    visit(path + ".lora_B.weight", entry.linear->adapter->lora_B);
  }
}

void save_adapter(const std::filesystem::path& directory, TextModel& model, const LoraOptions& options) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  visit_adapter(model,
                [&](const std::string& name, at::Tensor& tensor) { tensors.emplace_back(name, tensor); });
  std::string leaves;
  std::vector<std::string> seen;
  json rank_pattern = json::object(), alpha_pattern = json::object();
  for (const NamedLinear& entry : model.linears()) {
    if (!entry.linear->adapter) continue;
    const int64_t rank = entry.linear->adapter->lora_A.size(0);
    const double alpha = entry.linear->adapter->scaling * static_cast<double>(rank);
    if (rank != options.rank) rank_pattern[pattern_of(entry.name)] = rank;
    if (std::abs(alpha - options.alpha) > 1e-9 * std::abs(options.alpha))
      alpha_pattern[pattern_of(entry.name)] = alpha;
    const std::string leaf = entry.name.substr(entry.name.rfind('.') + 1);
    if (std::find(seen.begin(), seen.end(), leaf) != seen.end()) continue;
    seen.push_back(leaf);
    leaves += (leaves.empty() ? "" : "|") + leaf;
  }
  const json config = {{"peft_type", "LORA"},
                       {"task_type", nullptr},
                       {"base_model_name_or_path", nullptr},
                       {"r", options.rank},
                       {"lora_alpha", options.alpha},
                       {"lora_dropout", options.dropout},
                       {"bias", "none"},
                       {"fan_in_fan_out", false},
                       {"inference_mode", true},
                       {"init_lora_weights", true},
                       {"use_rslora", false},
                       {"rank_pattern", rank_pattern},
                       {"alpha_pattern", alpha_pattern},
                       {"use_dora", false},
                       // Only the language model: the vision tower's layers carry the same leaf names.
                       {"target_modules", ".*language_model.*\\.(" + leaves + ")"}};
  save_tensors(directory / "adapter_model.safetensors", tensors);
  write_file_atomically(directory / "adapter_config.json", config.dump(2) + "\n");
}

LoraOptions load_adapter(const std::filesystem::path& directory, TextModel& model) {
  const AdapterConfig config(directory / "adapter_config.json");
  const auto weights = adapter_weights(directory);
  std::map<std::string, std::string> by_path;  // plain module path + side -> key in the file
  for (const std::string& name : weights->names()) {
    if (projector_part(name).empty()) by_path[plain_path(name)] = name;
  }
  uint64_t layer = 0;
  for (const NamedLinear& entry : model.linears()) {
    ++layer;
    const auto a = by_path.find(entry.name + ".lora_A.weight"),
               b = by_path.find(entry.name + ".lora_B.weight");
    if (a == by_path.end() && b == by_path.end()) continue;
    if (a == by_path.end() || b == by_path.end()) {
      throw Error(fmt::format("{}: '{}' has no '{}' beside it", weights->path().string(),
                              (a == by_path.end() ? b : a)->second,
                              a == by_path.end() ? "lora_A" : "lora_B"));
    }
    const auto [rank, scaling] = config.layer(module_path(a->second));
    LoraAdapter adapter;
    adapter.lora_A = adapter_tensor(weights, a->second, {rank, entry.linear->in_features()});
    adapter.lora_B = adapter_tensor(weights, b->second, {entry.linear->out_features(), rank});
    adapter.scaling = scaling;
    adapter.dropout = config.dropout();
    adapter.dropout_key = counter_random(0, layer, 1);
    entry.linear->adapter = std::move(adapter);
    by_path.erase(a);
    by_path.erase(b);
  }
  if (!by_path.empty()) {
    throw Error(fmt::format("{}: {} of its {} tensors belong to no layer of this model, e.g. '{}'",
                            directory.string(), by_path.size(), weights->names().size(),
                            by_path.begin()->second));
  }
  return {config.rank(), config.plain_alpha(), config.dropout(), ""};
}

bool load_adapter_projector(const std::filesystem::path& directory, Projector& projector) {
  const auto weights = adapter_weights(directory);
  std::map<std::string, std::string> by_part;
  for (const std::string& name : weights->names()) {
    if (const std::string part = projector_part(name); !part.empty()) by_part[part] = name;
  }
  const size_t given = by_part.size();
  projector.visit_parameters([&](const std::string& name, at::Tensor& parameter) {
    const auto found = by_part.find(name);
    if (found == by_part.end()) return;
    parameter = adapter_tensor(weights, found->second, parameter.sizes().vec()).to(parameter.scalar_type());
    by_part.erase(found);
  });
  if (!by_part.empty()) {
    throw Error(fmt::format("{}: '{}' is no tensor of the projector that imp has (linear_1, linear_2)",
                            weights->path().string(), by_part.begin()->second));
  }
  return given > 0;
}

void merge_adapters(TextModel& model) {
  for (const NamedLinear& entry : model.linears()) entry.linear->merge_adapter();
}

}  // namespace imp::models
