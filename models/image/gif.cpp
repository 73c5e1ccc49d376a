// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "models/image/codec_parts.h"
#include "models/image/to_rgb.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

/// What giflib reads from. A zero byte follows the file's own: it ends the data of a picture whose file stops
/// right behind its last row, which Pillow takes.
struct Source {
  std::span<const std::byte> rest;
  bool end_was_told = false, cut_off = false;
};

int take(GifFileType* gif, GifByteType* out, int count) {
  auto& source = *static_cast<Source*>(gif->UserData);
  const std::size_t wanted = static_cast<std::size_t>(count);
  if (source.rest.empty() && wanted == 1 && !source.end_was_told) {
    source.end_was_told = true;
    *out = 0;
    return 1;
  }
  if (wanted > source.rest.size()) {
    source.cut_off = true;
    return 0;
  }
  std::memcpy(out, source.rest.data(), wanted);
  source.rest = source.rest.subspan(wanted);
  return count;
}

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& where) : where_(where), source_{bytes} {
    int error = 0;
    gif_ = DGifOpen(&source_, take, &error);
    if (gif_ == nullptr) refuse(error);
  }
  ~Reader() { DGifCloseFile(gif_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Image first_frame() {
    find_frame();
    const GifImageDesc& frame = gif_->Image;
    const auto right = std::int64_t{frame.Left} + frame.Width,
               bottom = std::int64_t{frame.Top} + frame.Height;
    check_picture_size(static_cast<std::uint64_t>(frame.Width), static_cast<std::uint64_t>(frame.Height),
                       where_);
    const auto width = std::max<std::int64_t>(gif_->SWidth, right);
    const auto height = std::max<std::int64_t>(gif_->SHeight, bottom);
    check_picture_size(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height), where_);
    // What the frame leaves free shows the transparent colour, or the palette's first, and not the
    // background.
    std::vector<std::uint8_t> indices(static_cast<std::size_t>(width * height), transparent_.value_or(0));
    for (std::int64_t line = 0; line < frame.Height; ++line) {
      const std::int64_t y = frame.Interlace ? interlaced_row(line, frame.Height) : line;
      if (DGifGetLine(gif_, indices.data() + (frame.Top + y) * width + frame.Left, frame.Width) != GIF_OK)
        refuse(gif_->Error);
    }
    return {static_cast<std::int32_t>(width), static_cast<std::int32_t>(height),
            rgb_of_palette(indices, palette())};
  }

 private:
  [[noreturn]] void refuse(int error) const {
    if (source_.cut_off || source_.end_was_told)
      throw Error(where_ + ": the GIF is cut off; its data end before the picture does");
    const char* reason = GifErrorString(error);
    throw Error(fmt::format("{}: the GIF is damaged: {}", where_, reason == nullptr ? "unknown" : reason));
  }

  /// Reads up to the first frame's description, and its transparent colour out of what stands before.
  void find_frame() {
    for (;;) {
      GifRecordType record = UNDEFINED_RECORD_TYPE;
      if (DGifGetRecordType(gif_, &record) != GIF_OK) {
        if (gif_->Error == D_GIF_ERR_WRONG_RECORD) continue;  // stray bytes between blocks are passed over
        refuse(gif_->Error);
      }
      if (record == TERMINATE_RECORD_TYPE) throw Error(where_ + ": the GIF has no picture in it");
      if (record == EXTENSION_RECORD_TYPE) read_extension();
      if (record != IMAGE_DESC_RECORD_TYPE) continue;
      if (DGifGetImageDesc(gif_) != GIF_OK) refuse(gif_->Error);
      return;
    }
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(gif_, &code, &block) != GIF_OK) refuse(gif_->Error);
    // A block begins with its length: flags, delay in two bytes, the transparent colour's number.
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr && block[0] >= 4 && (block[1] & 1) != 0)
      transparent_ = block[4];
    while (block != nullptr)
      if (DGifGetExtensionNext(gif_, &block) != GIF_OK) refuse(gif_->Error);
  }

  /// Row of the `line`-th line of the file: each eighth row, the fourths between, the seconds, the others.
  static std::int64_t interlaced_row(std::int64_t line, std::int64_t height) {
    constexpr std::array<std::pair<int, int>, 4> kPasses{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
    for (const auto& [first, step] : kPasses) {
      const std::int64_t rows = height > first ? (height - first + step - 1) / step : 0;
      if (line < rows) return first + line * step;
      line -= rows;
    }
    return 0;
  }

  /// The frame's own colours, or else the file's; without any, numbers are gray levels. A palette that is the
  /// ramp of gray levels counts as none, so that numbers beyond its end are gray too.
  [[nodiscard]] Palette palette() const {
    for (const ColorMapObject* map : {gif_->Image.ColorMap, gif_->SColorMap})
      if (map != nullptr && !is_gray_ramp(*map)) return colors_of(*map);
    Palette gray;
    for (std::size_t i = 0; i < gray.size(); ++i) gray[i].fill(static_cast<std::uint8_t>(i));
    return gray;
  }

  static bool is_gray_ramp(const ColorMapObject& map) {
    for (int i = 0; i < map.ColorCount; ++i) {
      const GifColorType& color = map.Colors[i];
      if (color.Red != i || color.Green != i || color.Blue != i) return false;
    }
    return true;
  }

  static Palette colors_of(const ColorMapObject& map) {
    Palette colors{};
    for (std::size_t i = 0; i < static_cast<std::size_t>(map.ColorCount) && i < colors.size(); ++i)
      colors[i] = {map.Colors[i].Red, map.Colors[i].Green, map.Colors[i].Blue};
    return colors;
  }

  std::string where_;
  Source source_;
  GifFileType* gif_ = nullptr;
  std::optional<std::uint8_t> transparent_;
};

}  // namespace

Image decode_gif(std::span<const std::byte> bytes, const std::string& where) {
  return Reader(bytes, where).first_frame();
}

}  // namespace imp::models
