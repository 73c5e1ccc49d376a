// SPDX-License-Identifier: Apache-2.0
#include "harness/data/font_library.h"

#include <fmt/format.h>

#include "models/io/error.h"

namespace imp::harness {

FontLibrary::FontLibrary() {
  if (FT_Init_FreeType(&library_) != 0)
    throw Error("FreeType: cannot start; reinstall libfreetype6", ErrorKind::environment);
}

FontLibrary::~FontLibrary() {
  FT_Done_FreeType(library_);
}

OpenedFace::OpenedFace(const FontLibrary& library, const std::filesystem::path& file) : file_(file) {
  if (FT_New_Face(library.get(), file.c_str(), 0, &face_) != 0)
    throw Error(
        fmt::format("{}: not a font that FreeType reads; reinstall its Debian package", file.string()),
        ErrorKind::environment);
}

OpenedFace::~OpenedFace() {
  FT_Done_Face(face_);
}

FT_GlyphSlot OpenedFace::load(char32_t character, int flags) {
  const FT_UInt glyph = FT_Get_Char_Index(face_, character);
  if (glyph == 0 || FT_Load_Glyph(face_, glyph, FT_LOAD_NO_HINTING | flags) != 0)
    throw Error(fmt::format("{}: has no glyph for U+{:04X}; reinstall its Debian package", file_.string(),
                            static_cast<unsigned>(character)),
                ErrorKind::environment);
  return face_->glyph;
}

void OpenedFace::set_pixel_size(int pixels) {
  if (FT_Set_Pixel_Sizes(face_, 0, static_cast<FT_UInt>(pixels)) != 0)
    throw Error(
        fmt::format("{}: cannot be set at {} pixels; reinstall its Debian package", file_.string(), pixels),
        ErrorKind::environment);
}

}  // namespace imp::harness
