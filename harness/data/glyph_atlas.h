// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/data/assets.h"

namespace imp::harness {

/// Coverage of a shape, 0 to 255, rows top to bottom.
struct Mask {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> coverage;
};

/// All glyphs of all faces and all object symbols, rasterised once at one size. Read-only afterwards, so
/// threads share it without locks; text of any size and tilt is sampled from it.
class GlyphAtlas {
 public:
  /// Rasterises at `em_pixels` pixels an em. Throws imp::Error (environment) if a face cannot be read.
  GlyphAtlas(const Assets& assets, int em_pixels);

  [[nodiscard]] int em_pixels() const { return em_pixels_; }
  [[nodiscard]] const Mask& symbol(int kind) const { return symbols_[static_cast<std::size_t>(kind)]; }

  /// The text's ink box with `padding` pixels of nothing around it, all in the atlas's pixels.
  [[nodiscard]] Mask text(const FontFace& face, int face_number, std::string_view text, float padding) const;

 private:
  struct Glyph {
    Mask mask;
    int left = 0;  ///< of the bitmap, from the pen, in pixels
    int top = 0;   ///< of the bitmap, above the baseline
  };

  int em_pixels_;
  std::vector<std::vector<Glyph>> faces_;
  std::vector<Mask> symbols_;
};

}  // namespace imp::harness
