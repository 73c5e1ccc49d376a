// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "harness/data/scene.h"

namespace imp::harness {

// What a classifier tells apart, as ImageNet's labels name things ("street sign" is one): objects by their
// kind, then signs by their colour; never a text.
[[nodiscard]] int64_t category_count();
[[nodiscard]] int64_t category_of(const SceneObject& object);
[[nodiscard]] int64_t category_of(const Sign& sign);

/// [scenes, category_count()]: 1 where the scene shows a thing of the category.
[[nodiscard]] at::Tensor category_labels(const std::vector<Scene>& scenes);

}  // namespace imp::harness
