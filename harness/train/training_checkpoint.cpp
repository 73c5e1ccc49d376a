// SPDX-License-Identifier: Apache-2.0
#include "harness/train/training_checkpoint.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <map>

#include "models/io/error.h"
#include "models/weights/weight_source.h"

namespace imp::harness {
namespace {

constexpr const char* kCounters = "progress/counters";
constexpr const char* kMeasures = "progress/measures";

}  // namespace

void save_checkpoint(const std::filesystem::path& file, Optimizer& optimizer,
                     const TrainingProgress& progress) {
  std::vector<std::pair<std::string, at::Tensor>> tensors = optimizer.state();
  tensors.emplace_back(kCounters, at::tensor({progress.steps, progress.tokens, progress.log_bytes,
                                              progress.steps_without_loss},
                                             at::kLong));
  const double last_loss = progress.last_loss.value_or(std::numeric_limits<double>::quiet_NaN());
  tensors.emplace_back(kMeasures, at::tensor({progress.seconds, last_loss, progress.flops}, at::kDouble));
  models::save_tensors(file, tensors);
}

std::optional<TrainingProgress> load_checkpoint(const std::filesystem::path& file, Optimizer& optimizer) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  std::map<std::string, at::Tensor> saved;
  for (auto& [name, tensor] : models::load_tensors(file)) saved.emplace(name, tensor);
  const auto find = [&](const std::string& name) -> const at::Tensor& {
    const auto found = saved.find(name);
    if (found == saved.end())
      throw Error(file.string() + ": has no '" + name + "'; remove it to train from the start");
    return found->second;
  };
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : optimizer.state()) {
    const at::Tensor& value = find(name);
    if (value.sizes() != tensor.sizes()) {
      throw Error(file.string() + ": '" + name + "' has another shape; remove it to train from the start");
    }
    tensor.copy_(value);
  }
  optimizer.round_masters();
  const at::Tensor& counters = find(kCounters);
  const at::Tensor& measures = find(kMeasures);
  TrainingProgress progress;
  progress.steps = counters[0].item<int64_t>();
  progress.tokens = counters[1].item<int64_t>();
  progress.log_bytes = counters[2].item<int64_t>();
  progress.seconds = measures[0].item<double>();
  if (const auto loss = measures[1].item<double>(); !std::isnan(loss)) progress.last_loss = loss;
  // A checkpoint of an earlier imp has no such counts.
  if (counters.size(0) > 3) progress.steps_without_loss = counters[3].item<int64_t>();
  progress.flops =
      measures.size(0) > 2 ? measures[2].item<double>() : std::numeric_limits<double>::quiet_NaN();
  return progress;
}

}  // namespace imp::harness
