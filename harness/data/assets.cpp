// SPDX-License-Identifier: Apache-2.0
#include "harness/data/assets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>

#include "harness/data/background_cache.h"
#include "harness/data/catalog.h"
#include "harness/data/font_library.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

constexpr int kThumbnailSide = 192;

/// Wallpapers come in series ("Stripes-Dark", "Stripes-Light"; one picture in two sizes). The split is
/// decided by the name's first word so that a series stays together.
std::string series_of(std::string_view file_name) {
  std::string series;
  for (const char c : file_name) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    series += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return series;
}

void require_installed() {
  std::set<std::string_view> missing;
  for (const auto& list : {font_catalog(), background_catalog()})
    for (const PackagedFile& file : list)
      if (std::error_code ignored; !std::filesystem::is_regular_file(file.path, ignored))
        missing.insert(file.package);
  if (missing.empty()) return;
  throw Error(
      fmt::format("scenetext: fonts or backgrounds of Debian packages are missing; apt-get install {}",
                  fmt::join(missing, " ")),
      ErrorKind::environment);
}

FontFace read_face(const FontLibrary& library, const PackagedFile& file) {
  FontFace face;
  face.file = file.path;
  face.name = face.file.filename().string();
  face.split = split_of(face.name, "face");
  OpenedFace opened(library, face.file);
  const float em = opened.units_per_em();
  for (std::size_t i = 0; i < kSignCharacters.size(); ++i) {
    const FT_GlyphSlot slot = opened.load(static_cast<char32_t>(kSignCharacters[i]), FT_LOAD_NO_SCALE);
    const FT_Glyph_Metrics& metrics = slot->metrics;
    GlyphMetrics& glyph = face.glyphs[i];
    glyph.advance = static_cast<float>(metrics.horiAdvance) / em;
    glyph.left = static_cast<float>(metrics.horiBearingX) / em;
    glyph.right = static_cast<float>(metrics.horiBearingX + metrics.width) / em;
    glyph.top = static_cast<float>(metrics.horiBearingY) / em;
    glyph.bottom = static_cast<float>(metrics.horiBearingY - metrics.height) / em;
  }
  return face;
}

}  // namespace

TextExtent measure(const FontFace& face, std::string_view text) {
  TextExtent extent;
  float pen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const GlyphMetrics& glyph = face.glyphs.at(static_cast<std::size_t>(glyph_index(text[i])));
    if (i == 0) {
      extent.left = glyph.left;
      extent.top = glyph.top;
      extent.bottom = glyph.bottom;
    }
    extent.top = std::max(extent.top, glyph.top);
    extent.bottom = std::min(extent.bottom, glyph.bottom);
    extent.width = pen + glyph.right - extent.left;
    extent.centres.push_back(pen + glyph.advance / 2 - extent.left);
    pen += glyph.advance;
  }
  return extent;
}

std::filesystem::path Assets::default_cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
    return std::filesystem::path(cache) / "imp";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".cache" / "imp";
  return {};
}

Assets::Assets(const std::filesystem::path& cache_folder) {
  require_installed();
  const FontLibrary library;
  for (const PackagedFile& file : font_catalog()) faces_.push_back(read_face(library, file));
  std::vector<models::Image> pictures = load_thumbnails(background_catalog(), kThumbnailSide, cache_folder);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    Background background;
    background.name = std::filesystem::path(background_catalog()[i].path).filename().string();
    background.split = split_of(series_of(background.name), "background");
    background.picture = std::move(pictures[i]);
    backgrounds_.push_back(std::move(background));
  }
  for (std::size_t i = 0; i < faces_.size(); ++i)
    face_splits_[static_cast<std::size_t>(faces_[i].split)].push_back(static_cast<int>(i));
  for (std::size_t i = 0; i < backgrounds_.size(); ++i)
    background_splits_[static_cast<std::size_t>(backgrounds_[i].split)].push_back(static_cast<int>(i));
}

}  // namespace imp::harness
