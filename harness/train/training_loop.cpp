// SPDX-License-Identifier: Apache-2.0
#include "harness/train/training_loop.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "harness/train/training_checkpoint.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string log_line(const StepRecord& record) {
  return fmt::format(R"({{"step":{},"loss":{},"lr":{},"grad_norm":{},"tokens":{},"seconds":{:.4f}}})",
                     record.step, record.loss ? fmt::format("{}", *record.loss) : "null",
                     record.learning_rate, record.grad_norm, record.tokens, record.seconds);
}

/// Forward and backward of one step's micro-batches. Leaves gradients; fills loss and tokens.
void accumulate(TrainingTask& task, int64_t step, StepRecord& record) {
  for (int64_t micro = 0; micro < task.micro_batches(step); ++micro) {
    const MicroBatchLoss part = task.forward(step, micro);
    if (!part.loss.defined()) continue;
    part.loss.backward();
    record.loss = record.loss.value_or(0.0) + part.loss.item<double>() * part.logged_scale;
    record.tokens += part.tokens;
  }
  if (record.loss && !std::isfinite(*record.loss)) {
    throw Error(fmt::format("step {}: the loss is {}; a lower learning_rate or grad_clip may help", step + 1,
                            *record.loss));
  }
}

}  // namespace

TrainingSummary run_training(TrainingTask& task, const TrainingOptions& options) {
  Optimizer optimizer(task.parameter_groups());
  const std::filesystem::path checkpoint = options.folder / "checkpoint.safetensors";
  TrainingProgress progress = load_checkpoint(checkpoint, optimizer).value_or(TrainingProgress{});
  LineWriter log(options.folder / "train.jsonl", progress.log_bytes);
  const int64_t total = task.total_steps(), warmup = warmup_steps(options.warmup_ratio, total);
  const double base_rate = optimizer.groups().front().learning_rate;
  const auto save = [&] {
    progress.log_bytes = log.sync();
    save_checkpoint(checkpoint, optimizer, progress);
  };

  while (progress.steps < total) {
    if (options.stop != nullptr && options.stop->load()) {
      save();
      throw Interrupted();
    }
    const auto start = std::chrono::steady_clock::now();
    StepRecord record;
    record.step = progress.steps + 1;
    const double factor = schedule_factor(options.schedule, progress.steps, warmup, total);
    record.learning_rate = base_rate * factor;
    accumulate(task, progress.steps, record);
    if (!record.loss) optimizer.set_gradients_to_zero();
    record.grad_norm = optimizer.clip_gradients(options.grad_clip);
    if (!std::isfinite(record.grad_norm)) {
      throw Error(fmt::format("step {}: the gradient's norm is {}; a lower learning_rate may help",
                              record.step, record.grad_norm));
    }
    optimizer.step(factor);
    optimizer.zero_grad();
    record.seconds = seconds_since(start);

    ++progress.steps;
    progress.tokens += record.tokens;
    progress.seconds += record.seconds;
    progress.steps_without_loss += record.loss ? 0 : 1;
    if (record.loss) progress.last_loss = record.loss;
    log.write(log_line(record));
    if (options.observer != nullptr) options.observer->on_step(record, total);
    if (options.checkpoint_every > 0 && progress.steps % options.checkpoint_every == 0 &&
        progress.steps < total)
      save();
  }
  log.sync();
  std::filesystem::remove(checkpoint);
  return {progress.steps,   progress.tokens,    optimizer.num_elements(),
          progress.seconds, progress.last_loss, progress.steps_without_loss};
}

}  // namespace imp::harness
