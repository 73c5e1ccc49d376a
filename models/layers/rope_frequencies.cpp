// SPDX-License-Identifier: Apache-2.0
#include "models/layers/rope_frequencies.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace imp::models {
namespace {

/// The pair of channels, as a fraction, that turns so many times within `positions`.
double pair_of_rotations(double rotations, double rotary_dim, double theta, double positions) {
  return rotary_dim * std::log(positions / (rotations * 2 * std::numbers::pi)) / (2 * std::log(theta));
}

/// Pairs that turn often keep their frequency, those that turn less than once are interpolated, with a ramp
/// between.
at::Tensor yarn(const at::Tensor& inverse, const TextConfig& config) {
  const RopeScaling& scaling = config.rope_scaling;
  const auto dim = static_cast<double>(config.rotary_dim());
  const auto positions = static_cast<double>(scaling.original_max_position_embeddings);
  double low = pair_of_rotations(scaling.beta_fast, dim, config.rope_theta, positions);
  double high = pair_of_rotations(scaling.beta_slow, dim, config.rope_theta, positions);
  if (scaling.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dim - 1);
  if (low == high) high += 0.001;  // as transformers does, so that the ramp has a length
  const at::Tensor ramp = ((at::arange(inverse.size(0), inverse.options()) - low) / (high - low)).clamp(0, 1);
  return inverse / scaling.factor * ramp + inverse * (1 - ramp);
}

/// Long waves are interpolated, short ones kept, those between mixed by the place of their frequency.
at::Tensor llama3(const at::Tensor& inverse, const RopeScaling& scaling) {
  const auto positions = static_cast<double>(scaling.original_max_position_embeddings);
  const at::Tensor turns = positions * inverse / (2 * std::numbers::pi);  // within the original positions
  const at::Tensor kept =
      ((turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor));
  const at::Tensor mixed = (1 - kept) * inverse / scaling.factor + kept * inverse;
  const at::Tensor banded = at::where(turns.lt(scaling.low_freq_factor), inverse / scaling.factor, mixed);
  return at::where(turns.gt(scaling.high_freq_factor), inverse, banded);
}

}  // namespace

RopeFrequencies plain_frequencies(int64_t rotary_dim, double theta) {
  const at::Tensor exponents =
      at::arange(0, rotary_dim, 2, at::TensorOptions(at::kFloat)) / static_cast<double>(rotary_dim);
  return {at::reciprocal(at::pow(at::Scalar(theta), exponents)), 1.0};
}

RopeFrequencies rope_frequencies(const TextConfig& config) {
  const RopeFrequencies plain = plain_frequencies(config.rotary_dim(), config.rope_theta);
  const RopeScaling& scaling = config.rope_scaling;
  switch (scaling.type) {
    case RopeType::unscaled:
    case RopeType::dynamic:
      return plain;
    case RopeType::linear:
      return {plain.inverse / scaling.factor, 1.0};
    case RopeType::yarn:
      return {yarn(plain.inverse, config), scaling.attention_factor};
    case RopeType::longrope:
      return {plain.inverse / at::tensor(scaling.short_factor, at::TensorOptions(at::kFloat)),
              scaling.attention_factor};
    case RopeType::llama3:
      return {llama3(plain.inverse, scaling), 1.0};
  }
  return plain;
}

}  // namespace imp::models
