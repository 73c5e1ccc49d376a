// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "harness/data/dataset.h"

namespace imp::harness {

/// The named data sets that imp-data renders:
///   embedded  what the embedded study trains on: 96-pixel pictures, mostly one sign or a word and a number
///   crowded   headroom: two or three signs in every picture, stronger tilt, blur and noise
/// Throws imp::Error (usage) for another name, with the names there are.
[[nodiscard]] SceneTextParameters scenetext_profile(std::string_view name);

}  // namespace imp::harness
