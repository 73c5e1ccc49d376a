// SPDX-License-Identifier: Apache-2.0
#include "harness/train/optimizer.h"

#include <ATen/ATen.h>

#include <cmath>

namespace imp::harness {
namespace {

constexpr double kEpsilon = 1e-8;
constexpr double kMuonMomentum = 0.95;
constexpr double kClipEpsilon = 1e-6;  // as in torch.nn.utils.clip_grad_norm_

/// Newton-Schulz iteration towards the nearest orthogonal matrix (Jordan et al., 2024: five steps, these
/// coefficients).
at::Tensor orthogonalize(const at::Tensor& update) {
  at::Tensor x = update / (update.norm() + 1e-7);
  const bool tall = x.size(0) > x.size(1);
  if (tall) x = x.t();
  for (int i = 0; i < 5; ++i) {
    const at::Tensor a = x.mm(x.t());
    const at::Tensor b = at::addmm(a, a, a, -4.7750, 2.0315);
    x = at::addmm(x, b, x, 3.4445, 1.0);
  }
  return tall ? x.t() : x;
}

/// Of all elements together, on their device.
at::Tensor global_norm(const std::vector<at::Tensor>& tensors) {
  return at::stack(at::_foreach_norm(tensors)).norm();
}

}  // namespace

Optimizer::Optimizer(std::vector<ParameterGroup> groups) : groups_(std::move(groups)) {
  for (const ParameterGroup& group : groups_) {
    GroupState state;
    for (const NamedParameter& parameter : group.parameters) {
      state.first_moment.push_back(at::zeros_like(parameter.tensor));
      if (group.optimizer != OptimizerKind::adamw) continue;
      state.second_moment.push_back(at::zeros_like(parameter.tensor));
      state.steps.push_back(at::zeros({}, parameter.tensor.options().dtype(at::kFloat)));
    }
    states_.push_back(std::move(state));
  }
}

void Optimizer::keep_gradients() {
  keeps_gradients_ = true;
  for (ParameterGroup& group : groups_) {
    for (NamedParameter& parameter : group.parameters) {
      at::Tensor& leaf = parameter.rounded.defined() ? parameter.rounded : parameter.tensor;
      leaf.mutable_grad() = at::zeros_like(leaf);
    }
  }
}

void Optimizer::collect_gradients() {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> fresh, rounded, sums, further, kept;
  for (const ParameterGroup& group : groups_) {
    for (const NamedParameter& parameter : group.parameters) {
      if (!parameter.rounded.defined() || !parameter.rounded.grad().defined()) continue;
      at::Tensor& sum = parameter.tensor.mutable_grad();
      if (sum.defined()) {
        sums.push_back(sum);
        further.push_back(parameter.rounded.grad().to(at::kFloat));
      } else {
        sum = at::empty_like(parameter.tensor);
        fresh.push_back(sum);
        rounded.push_back(parameter.rounded.grad());
      }
      if (keeps_gradients_) {
        kept.push_back(parameter.rounded.grad());
      } else {
        parameter.rounded.mutable_grad().reset();
      }
    }
  }
  if (!fresh.empty()) at::_foreach_copy_(fresh, rounded);
  if (!sums.empty()) at::_foreach_add_(sums, further);
  if (!kept.empty()) at::_foreach_zero_(kept);
}

void Optimizer::round_masters() {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> rounded, masters;
  for (const ParameterGroup& group : groups_) {
    for (const NamedParameter& parameter : group.parameters) {
      if (!parameter.rounded.defined()) continue;
      rounded.push_back(parameter.rounded.detach());
      masters.push_back(parameter.tensor);
    }
  }
  if (!rounded.empty()) at::_foreach_copy_(rounded, masters);
}

void Optimizer::step(double factor) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < groups_.size(); ++i) {
    const double learning_rate = groups_[i].learning_rate * factor;
    if (groups_[i].optimizer == OptimizerKind::muon) {
      step_muon(groups_[i], states_[i], learning_rate);
    } else {
      step_adamw(groups_[i], states_[i], learning_rate);
    }
  }
  round_masters();
}

void Optimizer::step_adamw(const ParameterGroup& group, GroupState& state, double learning_rate) {
  std::vector<at::Tensor> parameters, gradients, first, second, steps;
  for (size_t i = 0; i < group.parameters.size(); ++i) {
    const at::Tensor& parameter = group.parameters[i].tensor;
    if (!parameter.grad().defined()) continue;
    parameters.push_back(parameter);
    gradients.push_back(parameter.grad());
    first.push_back(state.first_moment[i]);
    second.push_back(state.second_moment[i]);
    steps.push_back(state.steps[i]);
  }
  if (parameters.empty()) return;
  at::_foreach_add_(steps, 1);
  at::_fused_adamw_(parameters, gradients, first, second, {}, steps, learning_rate, group.beta1, group.beta2,
                    group.weight_decay, kEpsilon, false, false);
}

void Optimizer::step_muon(const ParameterGroup& group, GroupState& state, double learning_rate) {
  for (size_t i = 0; i < group.parameters.size(); ++i) {
    at::Tensor parameter = group.parameters[i].tensor;
    if (!parameter.grad().defined()) continue;
    const at::Tensor gradient = parameter.grad().view({parameter.size(0), -1});
    at::Tensor momentum = state.first_moment[i].view_as(gradient);
    momentum.lerp_(gradient, 1.0 - kMuonMomentum);
    const at::Tensor update = orthogonalize(gradient.lerp(momentum, kMuonMomentum));
    // Scaled so that an entry's root mean square is that of an AdamW update (Liu et al., 2025, sec. 2.2).
    const double scale = 0.2 * std::sqrt(static_cast<double>(std::max(update.size(0), update.size(1))));
    parameter.mul_(1.0 - learning_rate * group.weight_decay);
    parameter.add_(update.reshape(parameter.sizes()), -learning_rate * scale);
  }
}

void Optimizer::zero_grad() {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> kept;
  for (ParameterGroup& group : groups_) {
    for (NamedParameter& parameter : group.parameters) {
      if (keeps_gradients_ && !parameter.rounded.defined()) {
        kept.push_back(parameter.tensor.grad());
      } else {
        parameter.tensor.mutable_grad().reset();
      }
    }
  }
  if (!kept.empty()) at::_foreach_zero_(kept);
}

void Optimizer::set_gradients_to_zero() {
  for (ParameterGroup& group : groups_) {
    for (NamedParameter& parameter : group.parameters) {
      const bool kept = keeps_gradients_ && !parameter.rounded.defined();
      if (!kept) parameter.tensor.mutable_grad() = at::zeros_like(parameter.tensor);
    }
  }
}

std::vector<at::Tensor> Optimizer::gradients() const {
  std::vector<at::Tensor> gradients;
  for (const ParameterGroup& group : groups_) {
    for (const NamedParameter& parameter : group.parameters) {
      if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
    }
  }
  return gradients;
}

at::Tensor Optimizer::clip_gradients_without_waiting(double max_norm) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = this->gradients();
  if (gradients.empty()) return at::zeros({});
  const at::Tensor norm = global_norm(gradients);
  if (max_norm > 0.0) at::_foreach_mul_(gradients, (max_norm / (norm + kClipEpsilon)).clamp_max(1.0));
  return norm;
}

double Optimizer::clip_gradients(double max_norm) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = this->gradients();
  if (gradients.empty()) return 0.0;
  const double norm = global_norm(gradients).item<double>();
  if (max_norm > 0.0 && norm > max_norm) at::_foreach_mul_(gradients, max_norm / (norm + kClipEpsilon));
  return norm;
}

int64_t Optimizer::num_elements() const {
  int64_t count = 0;
  for (const ParameterGroup& group : groups_) {
    for (const NamedParameter& parameter : group.parameters) count += parameter.tensor.numel();
  }
  return count;
}

std::vector<std::pair<std::string, at::Tensor>> Optimizer::state() {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (size_t g = 0; g < groups_.size(); ++g) {
    for (size_t i = 0; i < groups_[g].parameters.size(); ++i) {
      const NamedParameter& parameter = groups_[g].parameters[i];
      all.emplace_back("parameter/" + parameter.name, parameter.tensor);
      all.emplace_back("first_moment/" + parameter.name, states_[g].first_moment[i]);
      if (groups_[g].optimizer != OptimizerKind::adamw) continue;
      all.emplace_back("second_moment/" + parameter.name, states_[g].second_moment[i]);
      all.emplace_back("steps/" + parameter.name, states_[g].steps[i]);
    }
  }
  return all;
}

}  // namespace imp::harness
