// SPDX-License-Identifier: Apache-2.0
#include "models/lora/lora_adapter.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cmath>
#include <set>

#include "models/io/error.h"
#include "models/io/hash.h"
#include "models/lora/adapter_tensor.h"
#include "models/lora/adapter_vocabulary.h"
#include "models/lora/lora_targets.h"
#include "models/lora/merge_adapter.h"

namespace imp::models {
namespace {

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
  if (config.ensure_weight_tying() && adapter.modules().contains("model.embed_tokens"))
    refuse("ensure_weight_tying of adapted embeddings");
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
    const at::TensorOptions place = entry.linear->weight.options().dtype(at::kFloat);
    lora.lora_A = read_tensor(a, {rank, entry.linear->in_features()}).to(place).clone();
    lora.lora_B = read_tensor(b, {entry.linear->out_features(), rank}).to(place).clone();
    lora.scaling = scaling;
    lora.dropout = config.dropout();
    lora.dropout_key = counter_random(0, layer, 1);
    entry.linear->adapter = std::move(lora);
    attached.insert(entry.name);
  }
  if (attached.empty())
    throw Error(adapter.directory().string() +
                ": has no LoRA of the language model's layers to train further");
  merge_adapter(adapter, {.text_model = &model}, attached);
  return {config.rank(), config.plain_alpha(), config.dropout(), ""};
}

void merge_adapters(TextModel& model) {
  for (const NamedLinear& entry : model.linears()) entry.linear->merge_adapter();
}

}  // namespace imp::models
