// SPDX-License-Identifier: Apache-2.0
#include "models/lora/lora_adapter.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/weights/safetensors.h"

namespace imp::models {
namespace {

using nlohmann::json;

constexpr const char* kEverything = R"(model\.layers\.\d+\..*)";
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

/// The settings of an adapter_config.json that imp can honour.
LoraOptions parse_adapter_config(const std::filesystem::path& path) {
  const json config = json::parse(read_file(path), nullptr, false);
  const std::string where = path.string();
  if (!config.is_object()) throw Error(where + ": is no JSON object");
  if (config.contains("peft_type") && config["peft_type"] != "LORA") {
    throw Error(
        fmt::format("{}: peft_type {} is not supported; imp reads LORA", where, config["peft_type"].dump()));
  }
  for (const char* key : {"use_dora", "use_qalora", "lora_bias"}) {
    if (config.contains(key) && config[key] == true)
      throw Error(fmt::format("{}: {} is not supported", where, key));
  }
  for (const char* key : {"rank_pattern", "alpha_pattern"}) {
    if (config.contains(key) && !config[key].is_null() && !config[key].empty()) {
      throw Error(fmt::format("{}: {} is not supported; one rank and alpha for all layers are", where, key));
    }
  }
  if (config.contains("bias") && config["bias"] != "none") throw Error(where + ": bias must be 'none'");
  const auto number = [&](const char* key, double otherwise) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return otherwise;
    if (!found->is_number())
      throw Error(fmt::format("{}: {} is {}; a number is needed", where, key, found->dump()));
    return found->get<double>();
  };
  if (!config.contains("r") || !config["r"].is_number_integer() || config["r"] <= 0) {
    throw Error(where + ": has no rank 'r'; a whole number above 0 is needed");
  }
  LoraOptions options;
  options.rank = config["r"].get<int64_t>();
  options.alpha = number("lora_alpha", static_cast<double>(options.rank));
  options.dropout = number("lora_dropout", 0.0);
  const auto rslora = config.find("use_rslora");
  if (rslora != config.end() && !rslora->is_boolean() && !rslora->is_null()) {
    throw Error(fmt::format("{}: use_rslora is {}; true or false is needed", where, rslora->dump()));
  }
  if (rslora != config.end() && *rslora == true)
    options.alpha *= std::sqrt(static_cast<double>(options.rank));
  return options;
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

}  // namespace

int64_t attach_lora(TextModel& model, const LoraOptions& options, uint64_t seed) {
  std::regex expression;
  try {
    expression = std::regex(options.targets.empty() ? kEverything : options.targets);
  } catch (const std::regex_error& error) {
    throw Error(
        fmt::format("lora_targets: '{}' is no regular expression: {}", options.targets, error.what()));
  }
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
  for (const NamedLinear& entry : model.linears()) {
    if (!entry.linear->adapter) continue;
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
                       {"use_dora", false},
                       // Only the language model: the vision tower's layers carry the same leaf names.
                       {"target_modules", ".*language_model.*\\.(" + leaves + ")"}};
  save_tensors(directory / "adapter_model.safetensors", tensors);
  write_file_atomically(directory / "adapter_config.json", config.dump(2) + "\n");
}

LoraOptions load_adapter(const std::filesystem::path& directory, TextModel& model) {
  const LoraOptions options = parse_adapter_config(directory / "adapter_config.json");
  const auto weights = std::make_shared<CheckpointWeights>(directory / "adapter_model.safetensors");
  std::map<std::string, std::string> by_path;  // plain module path + side -> key in the file
  for (const std::string& name : weights->names()) by_path[plain_path(name)] = name;
  size_t used = 0;
  uint64_t layer = 0;
  for (const NamedLinear& entry : model.linears()) {
    ++layer;
    const auto a = by_path.find(entry.name + ".lora_A.weight"),
               b = by_path.find(entry.name + ".lora_B.weight");
    if (a == by_path.end() || b == by_path.end()) continue;
    LoraAdapter adapter;
    adapter.lora_A = adapter_tensor(weights, a->second, {options.rank, entry.linear->in_features()});
    adapter.lora_B = adapter_tensor(weights, b->second, {entry.linear->out_features(), options.rank});
    adapter.scaling = options.alpha / static_cast<double>(options.rank);
    adapter.dropout = options.dropout;
    adapter.dropout_key = counter_random(0, layer, 1);
    entry.linear->adapter = std::move(adapter);
    used += 2;
  }
  if (used != by_path.size()) {
    throw Error(fmt::format("{}: {} of its {} tensors belong to no layer of this model, e.g. '{}'",
                            directory.string(), by_path.size() - used, by_path.size(),
                            by_path.empty() ? "" : by_path.begin()->second));
  }
  return options;
}

void merge_adapters(TextModel& model) {
  for (const NamedLinear& entry : model.linears()) entry.linear->merge_adapter();
}

}  // namespace imp::models
