// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "models/image/codec.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {

/// Writes noisy pictures of different sizes below `pictures/`, larger than `side`.
inline void write_noisy_pictures(const TemporaryFolder& folder, const std::vector<std::string>& names,
                                 int32_t side = 18) {
  for (size_t i = 0; i < names.size(); ++i) {
    models::Image image = models::blank_image(side + 2 + static_cast<int32_t>(i), side);
    for (size_t p = 0; p < image.pixels.size(); ++p)
      image.pixels[p] = static_cast<uint8_t>((p * (31 + 7 * i) + 11 * i) % 256);
    folder.write("pictures/" + names[i], models::encode_png(image));
  }
}

}  // namespace imp::harness
