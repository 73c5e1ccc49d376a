// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/categories.h"

#include <ATen/ATen.h>

#include "harness/data/catalog.h"

namespace imp::harness {

int64_t category_count() {
  return static_cast<int64_t>(kObjects.size() + kSignStyles.size());
}

int64_t category_of(const SceneObject& object) {
  return object.kind;
}

int64_t category_of(const Sign& sign) {
  return static_cast<int64_t>(kObjects.size()) + sign.style;
}

at::Tensor category_labels(const std::vector<Scene>& scenes) {
  at::Tensor labels = at::zeros({static_cast<int64_t>(scenes.size()), category_count()});
  auto shown = labels.accessor<float, 2>();
  for (size_t i = 0; i < scenes.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    for (const SceneObject& object : scenes[i].objects) shown[row][category_of(object)] = 1;
    for (const Sign& sign : scenes[i].signs) shown[row][category_of(sign)] = 1;
  }
  return labels;
}

}  // namespace imp::harness
