// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/data/split.h"
#include "models/image/image.h"

namespace imp::harness {

/// The characters that a sign can carry; a glyph's number is its place here.
inline constexpr std::string_view kSignCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$";

/// Number of a sign character's glyph, or -1.
constexpr int glyph_index(char character) {
  const auto place = kSignCharacters.find(character);
  return place == std::string_view::npos ? -1 : static_cast<int>(place);
}

/// Where a glyph's ink lies, in units of the font size (1 = one em); y points up from the baseline.
struct GlyphMetrics {
  float advance = 0, left = 0, right = 0, bottom = 0, top = 0;
};

struct FontFace {
  std::string name;  ///< file name, which also decides the split
  std::filesystem::path file;
  Split split = Split::train;
  std::array<GlyphMetrics, kSignCharacters.size()> glyphs{};
};

struct Background {
  std::string name;
  Split split = Split::train;
  models::Image picture;
};

/// A text's ink box on a face, in ems, and the middle of each character's advance from the ink's left edge.
struct TextExtent {
  float left = 0;  ///< of the ink, from the pen's start
  float width = 0;
  float top = 0;  ///< above the baseline
  float bottom = 0;
  std::vector<float> centres;
};

/// Measures `text` (sign characters only) on a face, without kerning, as the renderer sets it.
[[nodiscard]] TextExtent measure(const FontFace& face, std::string_view text);

/// The font faces and background pictures of this machine's Debian packages; read-only once loaded.
class Assets {
 public:
  /// Reads font metrics and backgrounds. Backgrounds are decoded once and kept in a file of `cache_folder`
  /// for the next start (a folder that cannot be written only costs that start its time; an empty path: no
  /// cache). Throws imp::Error (environment) naming the Debian packages to install when files are missing.
  explicit Assets(const std::filesystem::path& cache_folder = default_cache_folder());

  /// `$XDG_CACHE_HOME/imp`, else `~/.cache/imp`, else no cache.
  static std::filesystem::path default_cache_folder();

  [[nodiscard]] const std::vector<FontFace>& faces() const { return faces_; }
  [[nodiscard]] const std::vector<Background>& backgrounds() const { return backgrounds_; }
  /// Numbers of the faces and backgrounds of a split.
  [[nodiscard]] std::span<const int> faces(Split split) const {
    return face_splits_[static_cast<int>(split)];
  }
  [[nodiscard]] std::span<const int> backgrounds(Split split) const {
    return background_splits_[static_cast<int>(split)];
  }

 private:
  std::vector<FontFace> faces_;
  std::vector<Background> backgrounds_;
  std::array<std::vector<int>, 3> face_splits_;
  std::array<std::vector<int>, 3> background_splits_;
};

}  // namespace imp::harness
