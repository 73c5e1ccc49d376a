// SPDX-License-Identifier: Apache-2.0
#include "harness/data/profiles.h"

#include <fmt/format.h>

#include "models/io/error.h"

namespace imp::harness {

SceneTextParameters scenetext_profile(std::string_view name) {
  SceneTextParameters parameters;
  if (name == "embedded") return parameters;
  if (name == "crowded") {
    parameters.scene.layouts = {.no_sign = 0,
                                .one_word = 0,
                                .one_figure = 0,
                                .word_and_figure = 0.3,
                                .two_words = 0.3,
                                .three_signs = 0.4};
    parameters.scene.max_rotation = 8;
    parameters.scene.max_perspective = 0.08;
    parameters.scene.blur_share = 0.6;
    parameters.scene.max_noise = 12;
    return parameters;
  }
  throw Error(fmt::format("imp-data render: no profile is named '{}'; embedded and crowded are", name));
}

}  // namespace imp::harness
