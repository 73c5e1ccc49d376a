// SPDX-License-Identifier: Apache-2.0
#include "models/lora/lora_adapter.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/lora/adapter_tensor.h"
#include "models/lora/adapter_vocabulary.h"
#include "models/lora/lora_targets.h"
#include "models/lora/merge_adapter.h"

namespace imp::models {
namespace {

using nlohmann::json;

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

/// A module's path in a LLaVA of transformers 5.
std::string llava_path(const std::string& path) {
  return peft_path(path).substr(std::string_view(kPeftPrefix).size());
}

/// The same for a module of an adapter's file: the names inside of its tower stay as they are spelled.
std::string llava_path(const StoredTensor& stored) {
  const AdapterTensorName& name = stored.parsed;
  if (part_of(name.path) != ModelPart::vision) return llava_path(name.path);
  return "model." + name.spelled.substr(name.spelled.find("vision_tower."));
}

/// The key that a tensor of an adapter's file gets in another file.
std::string written_name(const StoredTensor& stored) {
  std::string path = llava_path(stored);
  if (stored.parsed.of_base_layer) path.insert(path.rfind('.'), ".base_layer");
  return kPeftPrefix + path + stored.parsed.ending;
}

/// The end of a LLaVA's module path, the same whatever is around, as a regular expression.
std::string pattern_of(const std::string& path) {
  std::string pattern;
  for (const char c : path.starts_with("model.") ? path.substr(6) : path)
    pattern += c == '.' ? "\\." : std::string(1, c);
  return pattern;
}

/// What training leaves as it is: all but LoRA of the language model's layers and of the projector, which is
/// trained whole.
bool stays_as_it_is(const std::string& path, const AdapterModule& module) {
  const ModelPart part = part_of(path);
  return part == ModelPart::vision || (part == ModelPart::text && !module.contains(TensorRole::lora_A));
}

/// Modules that are to be named by one regular expression, as PEFT's target_modules matches whole paths.
class AdaptedModules {
 public:
  /// Adds a module by its path in a LLaVA.
  void add(const std::string& path) {
    const std::string leaf = path.substr(path.rfind('.') + 1);
    std::vector<std::string>* leaves = &others_;
    if (path.find("vision_tower.") != std::string::npos) {
      leaves = &vision_;
    } else if (path.find("language_model.") != std::string::npos) {
      leaves = &text_;
    }
    if (std::find(leaves->begin(), leaves->end(), leaf) == leaves->end()) leaves->push_back(leaf);
  }

  [[nodiscard]] std::string expression() const {
    // Each part by itself: the vision tower's layers may carry the same names as the language model's.
    std::string all;
    const auto add_part = [&](const char* before, const std::vector<std::string>& leaves) {
      if (leaves.empty()) return;
      all += fmt::format("{}{}({})", all.empty() ? "" : "|", before, fmt::join(leaves, "|"));
    };
    add_part(".*language_model.*\\.", text_);
    add_part(".*vision_tower.*\\.", vision_);
    add_part("(.*\\.)?", others_);
    return all;
  }

 private:
  std::vector<std::string> text_, vision_, others_;
};

void refuse_what_cannot_be_trained(const PeftAdapter& adapter, const TextModel& model) {
  const AdapterConfig& config = adapter.config();
  const auto refuse = [&](const char* key) {
    throw Error(fmt::format(
        "{}: {} can be used but not trained further; write it into a checkpoint with "
        "imp-model export DIR --adapter {} -o NEW, and start from `checkpoint: NEW`",
        (adapter.directory() / "adapter_config.json").string(), key, adapter.directory().string()));
  };
  if (config.use_dora()) refuse("use_dora");
  if (config.lora_bias()) refuse("lora_bias");
  if (config.base_change() != BaseChange::none) refuse("init_lora_weights pissa or olora");
  if (!config.token_indices().empty()) refuse("trainable_token_indices");
  const int64_t rows = saved_vocabulary(adapter);
  if (rows != 0 && rows != model.config().vocab_size) refuse("a vocabulary of another size than the model's");
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
    const std::string path = peft_path(entry.name);
    visit(path + ".lora_A.weight", entry.linear->adapter->lora_A);
    visit(path + ".lora_B.weight", entry.linear->adapter->lora_B);
  }
}

void save_adapter(const std::filesystem::path& directory, TextModel& model, const LoraOptions& options,
                  const PeftAdapter* continued) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  visit_adapter(model,
                [&](const std::string& name, at::Tensor& tensor) { tensors.emplace_back(name, tensor); });
  AdaptedModules adapted;
  json rank_pattern = json::object(), alpha_pattern = json::object();
  const auto add_module = [&](const std::string& path, int64_t rank, double scaling) {
    const double alpha = scaling * static_cast<double>(rank);
    if (rank != options.rank) rank_pattern[pattern_of(path)] = rank;
    if (std::abs(alpha - options.alpha) > 1e-9 * std::abs(options.alpha))
      alpha_pattern[pattern_of(path)] = alpha;
    adapted.add(path);
  };
  for (const NamedLinear& entry : model.linears()) {
    if (!entry.linear->adapter) continue;
    add_module(llava_path(entry.name), entry.linear->adapter->lora_A.size(0), entry.linear->adapter->scaling);
  }
  json modules_to_save = nullptr;
  if (continued != nullptr) {
    for (const auto& [path, module] : continued->modules()) {
      if (!stays_as_it_is(path, module)) continue;
      const StoredTensor& first = module.begin()->second;
      const AdapterConfig::Layer layer = continued->config().layer(first.parsed.spelled);
      add_module(llava_path(first), layer.rank, layer.scaling);
      for (const auto& [role, stored] : module)
        tensors.emplace_back(written_name(stored), whole_tensor(stored));
    }
    for (const auto& [path, stored] : continued->parameters())
      if (part_of(path) != ModelPart::projector)
        tensors.emplace_back(written_name(stored), whole_tensor(stored));
    // Elsewhere a copy of a module and the module itself are the same; these two may be tied.
    for (const char* module : {"embed_tokens", "lm_head"})
      if (continued->saves_module(module == std::string_view("lm_head") ? module : "model.embed_tokens"))
        modules_to_save.push_back(module);
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
                       {"modules_to_save", modules_to_save},
                       {"target_modules", adapted.expression()}};
  save_tensors(directory / "adapter_model.safetensors", tensors);
  write_file_atomically(directory / "adapter_config.json", config.dump(2) + "\n");
}

LoraOptions load_adapter(const PeftAdapter& adapter, TextModel& model) {
  refuse_what_cannot_be_trained(adapter, model);
  const AdapterConfig& config = adapter.config();
  std::set<std::string> attached;
  uint64_t layer = 0;
  for (const NamedLinear& entry : model.linears()) {
    ++layer;
    const auto found = adapter.modules().find(entry.name);
    if (found == adapter.modules().end() || !found->second.contains(TensorRole::lora_A)) continue;
    const StoredTensor &a = found->second.at(TensorRole::lora_A), &b = found->second.at(TensorRole::lora_B);
    const auto [rank, scaling] = config.layer(a.parsed.spelled);
    LoraAdapter lora;
    lora.lora_A = read_tensor(a, {rank, entry.linear->in_features()}).to(at::kFloat).clone();
    lora.lora_B = read_tensor(b, {entry.linear->out_features(), rank}).to(at::kFloat).clone();
    lora.scaling = scaling;
    lora.dropout = config.dropout();
    lora.dropout_key = counter_random(0, layer, 1);
    entry.linear->adapter = std::move(lora);
    attached.insert(entry.name);
  }
  merge_adapter(adapter, {.text_model = &model}, attached);
  return {config.rank(), config.plain_alpha(), config.dropout(), ""};
}

void merge_adapters(TextModel& model) {
  for (const NamedLinear& entry : model.linears()) entry.linear->merge_adapter();
}

}  // namespace imp::models
