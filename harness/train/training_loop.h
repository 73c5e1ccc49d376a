// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/train/optimizer.h"
#include "harness/train/schedule.h"

namespace imp::harness {

/// Raised when the user asked to stop; the last checkpoint is on disk.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

/// Of work that nothing counts; a sum with it is unknown, too.
inline constexpr double kUnknownFlops = std::numeric_limits<double>::quiet_NaN();

/// What one micro-batch gave: a loss to differentiate, and what it stands for.
struct MicroBatchLoss {
  at::Tensor loss;  ///< scalar; already normalised so that a step's micro-batches add up to the step's loss;
                    ///< undefined where there is nothing to learn
  int64_t tokens = 0;            ///< tokens that went through the language model (views, for an encoder)
  double logged_scale = 1.0;     ///< by which the loss is multiplied for the log
  double flops = kUnknownFlops;  ///< of its forward and backward pass (models/config/flop_count.h)
  bool differentiated = false;   ///< the backward pass is done, its gradients are there
};

/// What is trained: the seam between the loop and LLaVA, language-model and encoder training.
class TrainingTask {
 public:
  virtual ~TrainingTask() = default;
  /// Parameters to train; called once, before the first step.
  [[nodiscard]] virtual std::vector<ParameterGroup> parameter_groups() = 0;
  [[nodiscard]] virtual int64_t total_steps() const = 0;
  /// Steps that go once over the data; all of them where the data has no end.
  [[nodiscard]] virtual int64_t steps_per_epoch() const { return total_steps(); }
  /// Micro-batches of a step. All randomness must come from `step` (from 0), so that a resumed run repeats
  /// it.
  [[nodiscard]] virtual int64_t micro_batches(int64_t step) const = 0;
  [[nodiscard]] virtual MicroBatchLoss forward(int64_t step, int64_t micro_batch) = 0;
  /// Whether gradients must stay in the same memory from step to step (Optimizer::keep_gradients).
  [[nodiscard]] virtual bool keeps_gradients() const { return false; }
  /// Makes ready what a step will read, while the device has other work; called on a GPU alone, at most once
  /// before the step's first forward().
  virtual void prepare(int64_t /*step*/) {}
  /// Which of its data a step learns from, as an error names it: `rows 3, 17 and 20`; empty where there is
  /// nothing to name.
  [[nodiscard]] virtual std::string data_of(int64_t /*step*/) const { return ""; }
  /// Called after the last step: puts the trained masters where the model computed with rounded copies of
  /// them.
  virtual void finish() {}
};

/// One line of train.jsonl.
struct StepRecord {
  int64_t step = 0;            ///< from 1
  std::optional<double> loss;  ///< nothing where no micro-batch had a token to learn
  double learning_rate = 0.0, grad_norm = 0.0, seconds = 0.0;
  int64_t tokens = 0;
};

/// Told of each step; progress bars and event streams are made of it.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_step(const StepRecord& record, int64_t total_steps) = 0;
};

struct TrainingOptions {
  Schedule schedule = Schedule::cosine;
  double warmup_ratio = 0.03;
  double cooldown_ratio = 0.0;  ///< of warmup_stable_decay
  double grad_clip = 0.0;
  int64_t checkpoint_every = 0;  ///< steps; 0: never
  std::filesystem::path folder;  ///< train.jsonl and the checkpoint stand here
  bool is_trunk = false;         ///< end where the cooldown begins, and leave the checkpoint
  std::filesystem::path trunk;   ///< folder of a finished trunk to go on from; empty: from the start
  const std::atomic<bool>* stop = nullptr;
  /// Called with the size of a checkpoint before it is written; may wait for room, or throw Interrupted.
  std::function<void(int64_t bytes)> before_checkpoint = {};
  TrainingObserver* observer = nullptr;
};

struct TrainingSummary {
  int64_t steps = 0, tokens = 0, trained_parameters = 0;
  double seconds = 0.0;              ///< of all steps, those before an interruption included
  std::optional<double> final_loss;  ///< of the last step that had one
  int64_t steps_without_loss = 0;
  double flops = kUnknownFlops;  ///< of all steps; not a number where the task does not count them
};

/// Trains to the last step, going on from the folder's checkpoint if there is one; the weights that result
/// are the same bits whether the run was killed in between or not, and whether its first part was trained as
/// a trunk. A step without a token to learn is a step
/// with gradients of zero, as in PyTorch where all labels are ignored. Removes the checkpoint at the end.
/// Throws Interrupted after saving when `stop` is set, imp::Error (usage) when the loss or its gradient is
/// not finite, which names the step and its data and leaves the last checkpoint as it is, or when the trunk
/// is longer than the run.
TrainingSummary run_training(TrainingTask& task, const TrainingOptions& options);

}  // namespace imp::harness
