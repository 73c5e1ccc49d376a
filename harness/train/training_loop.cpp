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

constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kLog = "train.jsonl";

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string log_line(const StepRecord& record) {
  return fmt::format(R"({{"step":{},"loss":{},"lr":{},"grad_norm":{},"tokens":{},"seconds":{:.4f}}})",
                     record.step, record.loss ? fmt::format("{}", *record.loss) : "null",
                     record.learning_rate, record.grad_norm, record.tokens, record.seconds);
}

/// Losses of a step's micro-batches with the factors that they are logged with; on a GPU they may not be
/// there yet.
using Losses = std::vector<std::pair<at::Tensor, double>>;

/// Forward and backward of one step's micro-batches. Leaves gradients; fills tokens, adds to flops.
Losses accumulate(TrainingTask& task, Optimizer& optimizer, int64_t step, StepRecord& record, double& flops) {
  Losses losses;
  for (int64_t micro = 0; micro < task.micro_batches(step); ++micro) {
    const MicroBatchLoss part = task.forward(step, micro);
    if (!part.loss.defined()) continue;
    if (!part.differentiated) part.loss.backward();
    optimizer.collect_gradients();
    losses.emplace_back(part.loss.detach(), part.logged_scale);
    record.tokens += part.tokens;
    flops += part.flops;
  }
  return losses;
}

/// ` on rows 3, 17 and 20`, for an error about a step.
std::string on_data_of(const TrainingTask& task, const StepRecord& record) {
  const std::string data = task.data_of(record.step - 1);
  return data.empty() ? "" : " on " + data;
}

/// Fills the record's loss. Throws imp::Error (usage) if it is not finite.
void read_loss(const TrainingTask& task, const Losses& losses, StepRecord& record) {
  for (const auto& [loss, scale] : losses)
    record.loss = record.loss.value_or(0.0) + loss.item<double>() * scale;
  if (record.loss && !std::isfinite(*record.loss)) {
    throw Error(fmt::format("step {}: the loss is {}{}; a lower learning_rate or grad_clip may help",
                            record.step, *record.loss, on_data_of(task, record)));
  }
}

/// The state that a run begins with: its own checkpoint, else the end of its trunk, whose log it goes on in.
TrainingProgress starting_progress(const TrainingOptions& options, Optimizer& optimizer) {
  if (auto own = load_checkpoint(options.folder / kCheckpoint, optimizer)) return *own;
  if (options.trunk.empty()) return {};
  const auto progress = load_checkpoint(options.trunk / kCheckpoint, optimizer);
  if (!progress) {
    throw Error(fmt::format("{}: has no {}; remove the folder to train it again", options.trunk.string(),
                            kCheckpoint));
  }
  write_file_atomically(options.folder / kLog, read_file(options.trunk / kLog));
  return *progress;
}

void read_norm(const TrainingTask& task, double norm, StepRecord& record) {
  record.grad_norm = norm;
  if (std::isfinite(norm)) return;
  throw Error(fmt::format("step {}: the gradient's norm is {}{}; a lower learning_rate may help", record.step,
                          norm, on_data_of(task, record)));
}

int64_t bytes_of(Optimizer& optimizer) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : optimizer.state()) bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

/// Forward, backward and the optimizer's step. Fills the record but for its time and rate.
void train_step(TrainingTask& task, Optimizer& optimizer, int64_t step, double factor, double grad_clip,
                bool is_last, StepRecord& record, double& flops) {
  const Losses losses = accumulate(task, optimizer, step, record, flops);
  if (losses.empty()) optimizer.set_gradients_to_zero();
  if (optimizer.device().is_cpu()) {
    read_loss(task, losses, record);
    read_norm(task, optimizer.clip_gradients(grad_clip), record);
    optimizer.step(factor);
  } else {
    // The whole step is given to the device before its figures are waited for, and the next batch is made
    // meanwhile.
    const at::Tensor norm = optimizer.clip_gradients_without_waiting(grad_clip);
    optimizer.step(factor);
    if (!is_last) task.prepare(step + 1);
    read_loss(task, losses, record);
    read_norm(task, norm.item<double>(), record);
  }
  optimizer.zero_grad();
}

}  // namespace

TrainingSummary run_training(TrainingTask& task, const TrainingOptions& options) {
  Optimizer optimizer(task.parameter_groups());
  if (task.keeps_gradients()) optimizer.keep_gradients();
  const std::filesystem::path checkpoint = options.folder / kCheckpoint;
  TrainingProgress progress = starting_progress(options, optimizer);
  LineWriter log(options.folder / kLog, progress.log_bytes);
  const ScheduleLengths lengths =
      schedule_lengths(options.schedule, options.warmup_ratio, options.cooldown_ratio, task.total_steps(),
                       task.steps_per_epoch());
  const int64_t end = options.is_trunk ? lengths.total - lengths.cooldown : lengths.total;
  if (progress.steps > end) {
    throw Error(fmt::format("{}: begins with step {} of {}; remove it to train from the start",
                            options.folder.string(), progress.steps, end));
  }
  const double base_rate = optimizer.groups().front().learning_rate;
  const auto save = [&] {
    progress.log_bytes = log.sync();
    save_checkpoint(checkpoint, optimizer, progress);
  };

  while (progress.steps < end) {
    if (options.stop != nullptr && options.stop->load()) {
      save();
      throw Interrupted();
    }
    const auto start = std::chrono::steady_clock::now();
    StepRecord record;
    record.step = progress.steps + 1;
    const double factor = schedule_factor(options.schedule, progress.steps, lengths);
    record.learning_rate = base_rate * factor;
    train_step(task, optimizer, progress.steps, factor, options.grad_clip, record.step == end, record,
               progress.flops);
    record.seconds = seconds_since(start);

    ++progress.steps;
    progress.tokens += record.tokens;
    progress.seconds += record.seconds;
    progress.steps_without_loss += record.loss ? 0 : 1;
    if (record.loss) progress.last_loss = record.loss;
    log.write(log_line(record));
    if (options.observer != nullptr) options.observer->on_step(record, end);
    if (options.checkpoint_every > 0 && progress.steps % options.checkpoint_every == 0 &&
        progress.steps < end) {
      if (options.before_checkpoint) options.before_checkpoint(bytes_of(optimizer));
      save();
    }
  }
  task.finish();
  if (options.is_trunk) {
    save();
  } else {
    log.sync();
    std::filesystem::remove(checkpoint);
  }
  return {progress.steps,   progress.tokens,    optimizer.num_elements(),
          progress.seconds, progress.last_loss, progress.steps_without_loss,
          progress.flops};
}

}  // namespace imp::harness
