// SPDX-License-Identifier: Apache-2.0
#include "harness/data/glyph_atlas.h"

#include <algorithm>
#include <cmath>

#include "harness/data/catalog.h"
#include "harness/data/font_library.h"

namespace imp::harness {
namespace {

Mask copy_bitmap(FT_GlyphSlot slot) {
  Mask mask;
  mask.width = static_cast<int>(slot->bitmap.width);
  mask.height = static_cast<int>(slot->bitmap.rows);
  mask.coverage.reserve(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height));
  for (int row = 0; row < mask.height; ++row) {
    const std::uint8_t* source = slot->bitmap.buffer + static_cast<std::ptrdiff_t>(row) * slot->bitmap.pitch;
    mask.coverage.insert(mask.coverage.end(), source, source + mask.width);
  }
  return mask;
}

}  // namespace

GlyphAtlas::GlyphAtlas(const Assets& assets, int em_pixels) : em_pixels_(em_pixels) {
  const FontLibrary library;
  for (const FontFace& face : assets.faces()) {
    OpenedFace opened(library, face.file);
    opened.set_pixel_size(em_pixels);
    std::vector<Glyph>& glyphs = faces_.emplace_back();
    for (const char character : kSignCharacters) {
      const FT_GlyphSlot slot = opened.load(static_cast<char32_t>(character), FT_LOAD_RENDER);
      glyphs.push_back({copy_bitmap(slot), slot->bitmap_left, slot->bitmap_top});
    }
  }
  OpenedFace symbols(library, symbol_font().path);
  symbols.set_pixel_size(em_pixels);
  for (const SymbolObject& object : kObjects)
    symbols_.push_back(copy_bitmap(symbols.load(object.symbol, FT_LOAD_RENDER)));
}

Mask GlyphAtlas::text(const FontFace& face, int face_number, std::string_view text, float padding) const {
  const TextExtent extent = measure(face, text);
  const auto em = static_cast<float>(em_pixels_);
  Mask mask;
  mask.width = static_cast<int>(std::ceil(extent.width * em + 2 * padding)) + 1;
  mask.height = static_cast<int>(std::ceil((extent.top - extent.bottom) * em + 2 * padding)) + 1;
  mask.coverage.assign(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height), 0);
  float pen = -extent.left;
  for (const char character : text) {
    const auto number = static_cast<std::size_t>(glyph_index(character));
    const Glyph& glyph = faces_[static_cast<std::size_t>(face_number)][number];
    const int left = std::max(0, static_cast<int>(std::lround(pen * em + padding)) + glyph.left);
    const int top = std::max(0, static_cast<int>(std::lround(extent.top * em + padding)) - glyph.top);
    const int columns = std::min(glyph.mask.width, mask.width - left);
    const int rows = std::min(glyph.mask.height, mask.height - top);
    for (int row = 0; row < rows; ++row) {
      const std::uint8_t* source =
          glyph.mask.coverage.data() + static_cast<std::ptrdiff_t>(row) * glyph.mask.width;
      std::uint8_t* target =
          mask.coverage.data() + static_cast<std::ptrdiff_t>(top + row) * mask.width + left;
      for (int column = 0; column < columns; ++column)
        target[column] = std::max(target[column], source[column]);
    }
    pen += face.glyphs[number].advance;
  }
  return mask;
}

}  // namespace imp::harness
