// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "models/image/image.h"

namespace imp::harness {

/// Decodes a JPEG or PNG file and shrinks it by area averaging until its shorter side is `short_side` pixels
/// (pictures already smaller are kept as they are). JPEGs are decoded at a fraction of their size (libjpeg's
/// DCT scaling), which is what makes wallpapers of 20 megapixels cheap. Transparent PNGs are laid on white.
/// Throws imp::Error (environment) naming a file that cannot be decoded.
[[nodiscard]] models::Image decode_thumbnail(const std::filesystem::path& file, int short_side);

}  // namespace imp::harness
