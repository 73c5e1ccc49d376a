// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/reading_heads.h"

#include <ATen/ATen.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "harness/data/assets.h"
#include "harness/pretrain/categories.h"

namespace imp::harness {

using models::Linear;

ReadingHeads::ReadingHeads(int64_t hidden, models::WeightSource& weights) : words(hidden, weights) {
  const auto linear = [&](const std::string& name, int64_t out) {
    return Linear{weights.take(name + ".weight", {out, hidden}), weights.take(name + ".bias", {out}), {}};
  };
  letter = linear("letter", 1 + static_cast<int64_t>(kSignCharacters.size()));
  word = linear("word", hidden);
  color = linear("color", hidden);
  picture = linear("picture", hidden);
  caption = linear("caption", hidden);
  category = linear("category", category_count());
  const at::TensorOptions beside = word.weight.options();
  patch_norm = {at::ones({hidden}, beside), at::zeros({hidden}, beside), 1e-6};
  temperature = at::full({3}, 2.5, beside);
  sigmoid_bias = at::full({1}, -4.0, beside);
}

void ReadingHeads::visit_parameters(const models::ParameterVisitor& visit) {
  words.visit_parameters(visit);
  visit("patch_norm.weight", patch_norm.weight);
  visit("patch_norm.bias", patch_norm.bias);
  const std::initializer_list<std::pair<std::string, Linear*>> heads = {
      {"letter", &letter},   {"word", &word},       {"color", &color},
      {"picture", &picture}, {"caption", &caption}, {"category", &category}};
  for (const auto& [name, head] : heads) {
    visit(name + ".weight", head->weight);
    visit(name + ".bias", head->bias);
  }
  visit("temperature", temperature);
  visit("sigmoid_bias", sigmoid_bias);
}

at::Tensor unit_rows(const at::Tensor& x) {
  return x / x.norm(2, -1, true).clamp_min(1e-6);
}

}  // namespace imp::harness
