// SPDX-License-Identifier: Apache-2.0
#include "models/lora/adapter_settings.h"

#include <algorithm>

namespace imp::models {
namespace {

using enum SettingEffect;

constexpr AdapterSetting kSettings[] = {
    {"peft_type", "null", honoured, "LORA, and nothing else, is read"},
    {"r", "8", honoured, "rank"},
    {"lora_alpha", "8", honoured, "numerator of the scaling"},
    {"lora_dropout", "0.0", honoured, "in training only"},
    {"use_rslora", "false", honoured, "scaling alpha / sqrt(r)"},
    {"use_dora", "false", honoured, "rows scaled to a learned length"},
    {"lora_bias", "false", honoured, "a bias beside B"},
    {"rank_pattern", "{}", honoured, "ranks of layers"},
    {"alpha_pattern", "{}", honoured, "alphas of layers"},
    {"modules_to_save", "null", honoured, "modules whose tensors the file has whole"},
    {"trainable_token_indices", "null", honoured, "rows of the embedding that the file replaces"},
    {"init_lora_weights", "true", honoured, "pissa and olora change the base weights"},
    {"bias", "\"none\"", honoured, "biases that the file has whole"},
    {"ensure_weight_tying", "false", honoured, "a saved embedding is the head's weight too"},

    // The tensors of the file tell which layers have an adapter.
    {"target_modules", "null", honoured, "layers with an adapter"},
    {"exclude_modules", "null", honoured, "layers without an adapter"},
    {"layers_to_transform", "null", honoured, "layers with an adapter"},
    {"layers_pattern", "null", honoured, "layers with an adapter"},

    {"task_type", "null", none, "the class that PEFT wraps the model in"},
    {"auto_mapping", "null", none, "the base model's class"},
    {"peft_version", "null", none, "the version that wrote the file"},
    {"base_model_name_or_path", "null", none, "the base model is named on the command line or in the sweep"},
    {"revision", "null", none, "of the base model"},
    {"inference_mode", "false", none, "whether its tensors are frozen"},
    {"fan_in_fan_out", "false", none, "PEFT turns it off where the base layer is a torch.nn.Linear"},
    {"megatron_config", "null", none, "layers of Megatron"},
    {"megatron_core", "\"megatron.core\"", none, "layers of Megatron"},
    {"loftq_config", "{}", none, "of init_lora_weights: loftq"},
    {"eva_config", "null", none, "of init_lora_weights: eva"},
    {"corda_config", "null", none, "of init_lora_weights: corda"},
    {"lora_ga_config", "null", none, "of init_lora_weights: lora_ga"},
    {"qalora_group_size", "16", none, "of use_qalora"},
    {"runtime_config", "null", none, "never written to a file"},
    {"velora_config", "null", none, "another gradient, the same output"},

    {"use_qalora", "false", only_default, "adapters of pooled inputs, on quantised layers"},
    {"use_bdlora", "null", only_default, "block-diagonal factors"},
    {"layer_replication", "null", only_default, "a base model of repeated layers"},
    {"target_parameters", "null", only_default, "adapters on parameters of no layer"},
    {"alora_invocation_tokens", "null", only_default, "an adapter that acts after some tokens only"},
    {"arrow_config", "null", only_default, "routing among adapters"},
    {"kasa_config", "null", only_default, "base weights without their smallest singular values"},
    {"monteclora_config", "null", only_default, "adapters that are sampled"},

    // Not PEFT's of today: of its first releases, and of ms-swift.
    {"enable_lora", "null", only_default, "adapters on parts of a merged layer"},
    {"merge_weights", "false", none, "when PEFT's first releases merged"},
    {"lora_dtype", "null", none, "of training"},
    {"lorap_lr_ratio", "null", none, "of training"},
    {"lorap_emb_lr", "1e-06", none, "of training"},
};

}  // namespace

std::span<const AdapterSetting> adapter_settings() {
  return kSettings;
}

const AdapterSetting* find_adapter_setting(std::string_view key) {
  const auto* found = std::find_if(std::begin(kSettings), std::end(kSettings),
                                   [&](const AdapterSetting& setting) { return setting.key == key; });
  return found == std::end(kSettings) ? nullptr : found;
}

}  // namespace imp::models
