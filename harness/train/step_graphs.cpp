// SPDX-License-Identifier: Apache-2.0
#include "harness/train/step_graphs.h"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/device/compute_device.h"

namespace imp::harness {
namespace {

/// Data whose rows have hundreds of shapes are not worth a graph each.
constexpr size_t kMostGraphs = 32;

at::Tensor run_as_written(const std::vector<at::Tensor>& inputs, const StepGraphs::Loss& loss) {
  const at::Tensor value = loss(inputs);
  value.backward();
  return value.detach();
}

std::string key_of(const std::vector<at::Tensor>& inputs, const std::string& shape) {
  std::string key = shape;
  for (const at::Tensor& input : inputs) key += fmt::format("|{}", fmt::join(input.sizes(), ","));
  return key;
}

}  // namespace

std::unique_ptr<StepGraphs::Recorded> StepGraphs::record(const std::vector<at::Tensor>& inputs,
                                                         const Loss& loss) {
  auto recorded = std::make_unique<Recorded>();
  recorded->graph = models::make_device_graph(device_);
  if (!recorded->graph) return nullptr;
  for (const at::Tensor& input : inputs) recorded->inputs.push_back(input.clone());
  recorded->loss = at::empty({}, at::TensorOptions(device_).dtype(at::kFloat));
  // What passes run as they are written have left in the allocator would stay beside the graphs' own memory.
  models::release_device_memory(device_);
  try {
    recorded->graph->record([&] { recorded->loss.copy_(run_as_written(recorded->inputs, loss)); });
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const c10::Error&) {
    return nullptr;
  }
  return recorded;
}

at::Tensor StepGraphs::run(const std::vector<at::Tensor>& inputs, const std::string& shape,
                           const Loss& loss) {
  if (!works_) return run_as_written(inputs, loss);
  const auto [place, is_new] = known_.emplace(key_of(inputs, shape), nullptr);
  std::unique_ptr<Recorded>& recorded = place->second;
  const bool warm = known_.size() > 1 || !is_new;  // libraries load what they need in the very first pass
  if (!recorded && warm && known_.size() <= kMostGraphs) {
    recorded = record(inputs, loss);
    works_ = recorded != nullptr;
  }
  if (!recorded) return run_as_written(inputs, loss);
  for (size_t i = 0; i < inputs.size(); ++i) recorded->inputs[i].copy_(inputs[i], /*non_blocking=*/true);
  recorded->graph->replay();
  return recorded->loss.clone();
}

}  // namespace imp::harness
