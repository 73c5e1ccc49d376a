// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "harness/plan/device_memory_estimate.h"
#include "harness/plan/features_choice.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_devices.h"
#include "harness/plan/plan_resources.h"
#include "harness/plan/training_memory.h"
#include "harness/plan/trial_models.h"
#include "models/config/linear_shapes.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

/// Of a process whose models are on a GPU: CUDA's libraries, and the checkpoint's pages while they are
/// copied.
MemoryEstimate beside_gpu(const MemoryEstimate& device) {
  constexpr int64_t kCudaLibraries = int64_t{2} << 30;  // about
  return {.program = kIdleProgram + kCudaLibraries, .frozen_weights = device.frozen_weights};
}

class MemoryOfStages {
 public:
  explicit MemoryOfStages(Plan& plan) : plan_(plan), memory_(plan.sweep.spec) {}

  void estimate(const PlannedTrial& trial, PlannedStage& stage) {
    const std::string& kind = stage.request->kind;
    const bool on_gpu = runs_on_gpu(trial.trial.config, plan_);
    if (kind == "features") {
      const MemoryEstimate encoder =
          estimate_encoder_memory(vision_config(model_directories(trial.trial, plan_.sweep.spec)),
                                  kPicturesAtOnce, trial.trial.config.dtype == "bfloat16", on_gpu);
      set(stage, on_gpu, encoder, encoder);
    }
    if (kind == "eval" && !on_gpu) {
      const TrialConfig& config = trial.trial.config;
      const bool has_files = stage.request->parameters.contains("annotations_hash");
      const std::string key = fmt::format("{}|{}|{}|{}|{}", config.checkpoint, config.llm, config.encoder,
                                          config.eval_batch, has_files);
      auto known = asked_.find(key);
      if (known == asked_.end()) known = asked_.emplace(key, memory_of_asking(trial.trial, has_files)).first;
      stage.memory = known->second;
    }
    if (kind == "data" || kind == "pictures" || kind == "leaks") stage.memory = {.program = kIdleProgram};
    const bool connector = kind == "connector";
    if (!connector && kind != "finetune" && kind != "trunk") return;
    const TrainingLoad& load = memory_.load_of(
        trial.trial, connector ? TrainingMemory::Training::connector : TrainingMemory::Training::finetune,
        on_gpu && computes_features(trial, plan_));
    auto known = trainings_.find({&load, on_gpu});
    if (known == trainings_.end()) {
      known = trainings_
                  .emplace(std::pair(&load, on_gpu),
                           on_gpu ? estimate_device_memory(load) : estimate_training_memory(load))
                  .first;
    }
    set(stage, on_gpu, known->second, known->second);
  }

 private:
  /// Weights as they are asked (float32), and the keys and values of the questions that are answered at once.
  [[nodiscard]] MemoryEstimate memory_of_asking(const Trial& trial, bool has_files) const {
    constexpr int64_t kFloat = 4, kTextTokens = 64;
    const ModelDirectories directories = model_directories(trial, plan_.sweep.spec);
    const models::TextConfig text = text_config(directories);
    const FeatureShape features = feature_shape(directories);
    const int64_t tokens = trial.config.eval_batch * (features.image_tokens + kTextTokens);
    MemoryEstimate memory{
        .program = kIdleProgram,
        .frozen_weights = models::count_parameters(text) * kFloat,
        .activations = tokens * kFloat *
                       (2 * text.num_hidden_layers * text.num_key_value_heads * text.head_dim +
                        text.intermediate_size + 4 * text.hidden_size)};
    if (!has_files) return memory;
    const MemoryEstimate encoder =
        estimate_encoder_memory(vision_config(directories), kPicturesAtOnce, false, false);
    memory.frozen_weights += encoder.frozen_weights;
    memory.activations += encoder.activations;
    return memory;
  }

  static void set(PlannedStage& stage, bool on_gpu, const MemoryEstimate& process,
                  const MemoryEstimate& device) {
    stage.memory = on_gpu ? beside_gpu(device) : process;
    if (on_gpu) stage.device_memory = device;
  }

  Plan& plan_;
  TrainingMemory memory_;
  std::map<std::pair<const TrainingLoad*, bool>, MemoryEstimate> trainings_;  ///< and whether on a GPU
  std::map<std::string, MemoryEstimate> asked_;                               ///< by what they depend on
};

/// Says of the training that takes most of the GPU's memory where it is more than there is.
void warn_of_the_largest(Plan& plan) {
  if (!plan.gpu.gpu) return;
  const auto bytes = [](const PlannedStage& stage) {
    return stage.device_memory && stage.request->kind != "features" ? stage.device_memory->total() : 0;
  };
  const auto largest =
      std::max_element(plan.stages.begin(), plan.stages.end(),
                       [&](const PlannedStage& a, const PlannedStage& b) { return bytes(a) < bytes(b); });
  if (largest == plan.stages.end() || bytes(*largest) <= plan.gpu.gpu->memory_bytes) return;
  plan.notes.push_back(fmt::format(
      "{}-{} takes about {} of the GPU's {}; it would be tried with half of the micro-batch until it fits; "
      "`recompute: blocks` or a smaller micro_batch takes less",
      largest->request->kind, largest->request->key.substr(0, 8), size_as_text(bytes(*largest)),
      size_as_text(plan.gpu.gpu->memory_bytes)));
}

}  // namespace

void estimate_memory(Plan& plan) {
  MemoryOfStages memory(plan);
  for (const PlannedTrial& trial : plan.trials) {
    for (const std::size_t index : trial.planned) {
      PlannedStage& stage = plan.stages[index];
      if (stage.status == StageStatus::reuse || stage.memory) continue;
      try {
        memory.estimate(trial, stage);
      } catch (const Error&) {  // the stage will say it, with all the rest that it needs
      }
    }
  }
  warn_of_the_largest(plan);
}

}  // namespace imp::harness
