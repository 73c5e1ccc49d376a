// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "models/image/codec_parts.h"
#include "models/image/orientation.h"
#include "models/image/tiff_pixels.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

constexpr tmsize_t kMostAtOnce = tmsize_t{1} << 30;  ///< bytes; no tag or block of a picture needs more

/// What libtiff's callbacks need: the file in memory and its first complaint.
struct Source {
  std::span<const std::byte> bytes;
  std::size_t place = 0;
  std::string complaint;
};

tmsize_t take(thandle_t handle, void* out, tmsize_t count) {
  auto& source = *static_cast<Source*>(handle);
  const std::size_t taken = std::min(static_cast<std::size_t>(count), source.bytes.size() - source.place);
  std::memcpy(out, source.bytes.data() + source.place, taken);
  source.place += taken;
  return static_cast<tmsize_t>(taken);
}

tmsize_t refuse_write(thandle_t, void*, tmsize_t) {
  return -1;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  auto& source = *static_cast<Source*>(handle);
  const toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source.place : source.bytes.size();
  source.place = static_cast<std::size_t>(std::min<toff_t>(base + offset, source.bytes.size()));
  return source.place;
}

int close(thandle_t) {
  return 0;
}

toff_t size(thandle_t handle) {
  return static_cast<Source*>(handle)->bytes.size();
}

int remember(TIFF*, void* source, const char*, const char* format, va_list arguments) {
  char message[256];
  (void)std::vsnprintf(message, sizeof message, format, arguments);
  std::string& complaint = static_cast<Source*>(source)->complaint;
  if (complaint.empty()) complaint = message;
  return 1;
}

int ignore(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

using Handle = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

Handle open(Source& source) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 TIFFOpenOptionsFree);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMostAtOnce);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), remember, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), ignore, nullptr);
  return {TIFFClientOpenExt("picture", "rm", &source, take, refuse_write, seek, close, size, nullptr, nullptr,
                            options.get()),
          TIFFClose};
}

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& where)
      : where_(where), source_{bytes, 0, {}}, tiff_(open(source_)) {
    if (!tiff_) refuse();
  }

  Image read() {
    const std::uint32_t width = field<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
    const std::uint32_t height = field<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0);
    check_picture_size(width, height, where_);
    image_ = {static_cast<std::int32_t>(width), static_cast<std::int32_t>(height), {}};
    TiffLayout layout = read_layout();
    if (layout.photometric != PHOTOMETRIC_YCBCR || is_plain_ycbcr()) {
      read_blocks(layout);
    } else if (compression() == COMPRESSION_JPEG && !is_planar()) {
      TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      layout.photometric = PHOTOMETRIC_RGB;
      read_blocks(layout);
    } else {
      read_luminance_and_color();
    }
    return oriented(std::move(image_), field<std::uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT));
  }

 private:
  [[noreturn]] void refuse() const {
    throw Error(
        fmt::format("{}: the TIFF is damaged or cut off: {}", where_,
                    source_.complaint.empty() ? "its tags contradict each other" : source_.complaint));
  }

  template <class Number>
  [[nodiscard]] Number field(std::uint32_t tag, Number fallback) const {
    Number value = fallback;
    return TIFFGetFieldDefaulted(tiff_.get(), tag, &value) == 1 ? value : fallback;
  }

  [[nodiscard]] bool is_planar() const {
    return field<std::uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
  }

  [[nodiscard]] std::uint16_t compression() const {
    return field<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  }

  /// Uncompressed and with a colour for each pixel: Pillow reads it without libtiff.
  [[nodiscard]] bool is_plain_ycbcr() const {
    std::uint16_t across = 2, down = 2;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_YCBCRSUBSAMPLING, &across, &down);
    return compression() == COMPRESSION_NONE && !is_planar() && across == 1 && down == 1;
  }

  [[nodiscard]] TiffLayout read_layout() const {
    TiffLayout layout;
    layout.photometric = field<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    layout.bits = field<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
    layout.samples = field<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
    layout.sample_format = field<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    layout.is_big_endian = TIFFIsBigEndian(tiff_.get()) != 0;
    std::uint16_t extra_count = 0, *extra = nullptr;
    if (TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_EXTRASAMPLES, &extra_count, &extra) == 1 &&
        extra_count > 0)
      layout.extra_sample = extra[0];
    std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
    if (layout.photometric != PHOTOMETRIC_PALETTE || layout.bits > 8) return layout;
    if (TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &red, &green, &blue) != 1) refuse();
    for (std::size_t i = 0; i < std::size_t{1} << layout.bits; ++i)
      for (std::size_t c = 0; c < 3; ++c)
        layout.palette[i][c] = static_cast<std::uint8_t>(std::array{red, green, blue}[c][i] / 256);
    return layout;
  }

  /// Strips or tiles, whose samples are interleaved where the file keeps them apart.
  void read_blocks(const TiffLayout& layout) {
    const TiffRow put = find_tiff_row(layout);
    const bool is_split = is_planar() && layout.samples > 1;
    if (put == nullptr || (is_split && layout.bits != 8 && layout.bits != 16))
      throw Error(fmt::format(
          "{}: the TIFF has {} samples of {} bits, format {}, of photometric interpretation {}, a kind "
          "that is not read; save it as PNG",
          where_, layout.samples, layout.bits, layout.sample_format, layout.photometric));
    const auto width = static_cast<std::uint32_t>(image_.width),
               height = static_cast<std::uint32_t>(image_.height);
    const bool is_tiled = TIFFIsTiled(tiff_.get()) != 0;
    const std::uint32_t block_width = is_tiled ? field<std::uint32_t>(TIFFTAG_TILEWIDTH, 0) : width;
    std::uint32_t block_height =
        field<std::uint32_t>(is_tiled ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP, 0);
    if (!is_tiled) block_height = std::min(block_height, height);
    if (block_width == 0 || block_height == 0) refuse();
    const std::uint64_t part_samples = is_split ? 1 : layout.samples;
    const std::uint64_t part_row = (std::uint64_t{block_width} * part_samples * layout.bits + 7) / 8;
    const std::uint64_t block_size = part_row * block_height * (is_split ? layout.samples : 1);
    if (block_size > std::uint64_t{kMostAtOnce} || part_row != row_size(is_tiled)) refuse();
    const auto block = std::make_unique_for_overwrite<std::uint8_t[]>(block_size);
    const std::uint64_t row_bytes = block_size / block_height;
    for (std::uint32_t y = 0; y < height; y += std::min(block_height, height - y)) {
      const std::uint32_t rows = std::min(block_height, height - y);
      for (std::uint32_t x = 0; x < width; x += std::min(block_width, width - x)) {
        read_block(layout, x, y, is_tiled ? block_height : rows, part_row, block.get());
        // Not before a block is there: sizes that lie take no memory.
        if (image_.pixels.empty()) image_ = blank_image(image_.width, image_.height);
        for (std::uint32_t row = 0; row < rows; ++row)
          put(layout, block.get() + row * row_bytes, std::min(block_width, width - x),
              image_.pixels.data() + 3 * (std::size_t{y + row} * width + x));
      }
    }
  }

  [[nodiscard]] std::uint64_t row_size(bool is_tiled) const {
    return is_tiled ? TIFFTileRowSize64(tiff_.get()) : TIFFScanlineSize64(tiff_.get());
  }

  /// Reads the block at a place: whole, or part after part and interleaved.
  void read_block(const TiffLayout& layout, std::uint32_t x, std::uint32_t y, std::uint32_t rows,
                  std::uint64_t part_row, std::uint8_t* block) {
    const bool is_split = is_planar() && layout.samples > 1;
    const std::uint64_t part_size = part_row * rows;
    if (!is_split) return read_part(x, y, 0, block, part_size);
    const std::size_t bytes = layout.bits / 8U;
    const auto part = std::make_unique_for_overwrite<std::uint8_t[]>(part_size);
    for (std::uint16_t sample = 0; sample < layout.samples; ++sample) {
      read_part(x, y, sample, part.get(), part_size);
      for (std::uint64_t i = 0; i < part_size / bytes; ++i)
        std::copy_n(part.get() + i * bytes, bytes, block + (i * layout.samples + sample) * bytes);
    }
  }

  void read_part(std::uint32_t x, std::uint32_t y, std::uint16_t sample, std::uint8_t* out,
                 std::uint64_t size) {
    const auto wanted = static_cast<tmsize_t>(size);
    const tmsize_t got =
        TIFFIsTiled(tiff_.get()) != 0
            ? TIFFReadEncodedTile(tiff_.get(), TIFFComputeTile(tiff_.get(), x, y, 0, sample), out, wanted)
            : TIFFReadEncodedStrip(tiff_.get(), TIFFComputeStrip(tiff_.get(), y, sample), out, wanted);
    if (got < wanted) refuse();
  }

  /// YCbCr, whose colours may have fewer pixels than the luminance: libtiff's own conversion, as Pillow does.
  void read_luminance_and_color() {
    std::array<char, 1024> message{};
    TIFFRGBAImage reader;
    if (TIFFRGBAImageOK(tiff_.get(), message.data()) == 0 ||
        TIFFRGBAImageBegin(&reader, tiff_.get(), /*stop=*/1, message.data()) == 0) {
      if (source_.complaint.empty()) source_.complaint = message.data();
      refuse();
    }
    const std::unique_ptr<TIFFRGBAImage, decltype(&TIFFRGBAImageEnd)> end(&reader, TIFFRGBAImageEnd);
    reader.orientation = reader.req_orientation = ORIENTATION_TOPLEFT;  // turned later, as all are
    image_ = blank_image(image_.width, image_.height);
    std::vector<std::uint32_t> raster(image_.pixels.size() / 3);
    if (TIFFRGBAImageGet(&reader, raster.data(), reader.width, reader.height) == 0) refuse();
    for (std::size_t i = 0; i < raster.size(); ++i) {
      image_.pixels[3 * i] = static_cast<std::uint8_t>(TIFFGetR(raster[i]));
      image_.pixels[3 * i + 1] = static_cast<std::uint8_t>(TIFFGetG(raster[i]));
      image_.pixels[3 * i + 2] = static_cast<std::uint8_t>(TIFFGetB(raster[i]));
    }
  }

  std::string where_;
  Source source_;
  Handle tiff_;
  Image image_;
};

}  // namespace

Image decode_tiff(std::span<const std::byte> bytes, const std::string& where) {
  return Reader(bytes, where).read();
}

}  // namespace imp::models
