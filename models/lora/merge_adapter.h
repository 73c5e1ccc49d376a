// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "models/llava/projector.h"
#include "models/lora/peft_adapter.h"
#include "models/text/text_model.h"
#include "models/vision/vision_tower.h"

namespace imp::models {

/// The parts of a LLaVA that an adapter is put into; nullptr: not at hand, and what the adapter has of it is
/// left out.
struct AdapterTargets {
  TextModel* text_model = nullptr;
  VisionTower* vision_tower = nullptr;
  Projector* projector = nullptr;
};

/// Puts all that the adapter has of these parts into their weights, as PEFT's merge does: LoRA (also of
/// convolutions and embeddings), DoRA, biases, parameters that were saved whole, rows of tokens, and a
/// vocabulary of another size, where embeddings and head are saved. Tied embeddings that an adapter changes
/// apart are untied. The weights keep their dtype; sums are made in float32.
/// left_out: paths of modules and parameters that stay as they are.
/// Throws imp::Error (usage) naming the tensor that belongs to no layer of these parts or does not fit.
void merge_adapter(const PeftAdapter& adapter, const AdapterTargets& targets,
                   const std::set<std::string>& left_out = {});

}  // namespace imp::models
