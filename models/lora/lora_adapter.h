// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/lora/peft_adapter.h"
#include "models/text/text_model.h"

namespace imp::models {

/// What adapter to train (PEFT's LoraConfig).
struct LoraOptions {
  int64_t rank = 0;
  double alpha = 0.0;
  double dropout = 0.0;
  /// Regular expression matched against whole module paths such as `model.layers.0.mlp.fc1`; empty: every
  /// linear layer of the language model but lm_head.
  std::string targets;
};

/// Adds a fresh adapter to each matching layer: A uniform(-1/sqrt(in), 1/sqrt(in)) (Kaiming with a = sqrt 5),
/// B zero; a pure function of seed and layer. Returns the number of layers. Throws imp::Error (usage) if the
/// expression is malformed or matches nothing.
int64_t attach_lora(TextModel& model, const LoraOptions& options, uint64_t seed);

/// Calls `visit` with each adapter tensor under its PEFT key for a LLaVA of transformers 5
/// (`base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight`).
void visit_adapter(TextModel& model, const ParameterVisitor& visit);

/// Writes adapter_config.json and adapter_model.safetensors as PEFT does; layers of another rank or scaling
/// than `options` say get an entry in rank_pattern or alpha_pattern. continued: the adapter that load_adapter
/// has put into the model; what it has beside LoRA of the model's layers and a projector is written as it
/// was.
void save_adapter(const std::filesystem::path& directory, TextModel& model, const LoraOptions& options,
                  const PeftAdapter* continued = nullptr);

/// Attaches an adapter's LoRA of the language model's layers to be trained further, and puts what else it
/// has of the language model into the weights, where it stays as it is. Ranks and alphas may differ between
/// layers. Returns its options, where no pattern applies. Throws imp::Error (usage) naming the tensor that
/// does not fit, and what can be used but not trained (DoRA, biases of adapters, ...). What the adapter has
/// of a tower and a projector is merge_adapter's.
LoraOptions load_adapter(const PeftAdapter& adapter, TextModel& model);

/// Folds all adapters into the weights.
void merge_adapters(TextModel& model);

}  // namespace imp::models
