// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ft2build.h>

#include <filesystem>
#include FT_FREETYPE_H

namespace imp::harness {

/// Owns a FreeType library. FreeType objects are not shared between threads: each use makes its own.
class FontLibrary {
 public:
  /// Throws imp::Error (environment) if FreeType does not start.
  FontLibrary();
  ~FontLibrary();
  FontLibrary(const FontLibrary&) = delete;
  FontLibrary& operator=(const FontLibrary&) = delete;

  [[nodiscard]] FT_Library get() const { return library_; }

 private:
  FT_Library library_ = nullptr;
};

/// An opened font file.
class OpenedFace {
 public:
  /// Throws imp::Error (environment) naming a file that FreeType cannot read.
  OpenedFace(const FontLibrary& library, const std::filesystem::path& file);
  ~OpenedFace();
  OpenedFace(const OpenedFace&) = delete;
  OpenedFace& operator=(const OpenedFace&) = delete;

  /// Glyph slot of a character, unhinted; `flags` are added to FT_LOAD_NO_HINTING.
  /// Throws imp::Error (environment) if the face has no such glyph.
  FT_GlyphSlot load(char32_t character, int flags);
  void set_pixel_size(int pixels);
  [[nodiscard]] float units_per_em() const { return static_cast<float>(face_->units_per_EM); }

 private:
  std::filesystem::path file_;
  FT_Face face_ = nullptr;
};

}  // namespace imp::harness
