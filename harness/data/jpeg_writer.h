// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/data/picture.h"

namespace imp::harness {

/// The picture as a JPEG file without chroma subsampling (4:4:4), quality 1 to 100.
/// Throws imp::Error (environment) if libjpeg fails.
[[nodiscard]] std::string encode_jpeg_444(const models::Image& image, int quality);

}  // namespace imp::harness
