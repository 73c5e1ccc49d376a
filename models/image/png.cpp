// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <vector>

#include "models/image/codec.h"
#include "models/image/codec_parts.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

/// What libpng's callbacks need. It leaves by longjmp, so the functions that call it between setjmp and their
/// end hold no objects of their own.
struct Stream {
  std::span<const std::byte> rest;
  std::string written;
  char message[256] = {};
  bool cut_off = false;
};

void leave(png_structp png, png_const_charp message) {
  auto* stream = static_cast<Stream*>(png_get_error_ptr(png));
  std::snprintf(stream->message, sizeof stream->message, "%s", message);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

void take(png_structp png, png_bytep data, std::size_t count) {
  auto* stream = static_cast<Stream*>(png_get_io_ptr(png));
  if (count > stream->rest.size()) {
    stream->cut_off = true;
    png_error(png, "its data end before the picture does");
  }
  std::memcpy(data, stream->rest.data(), count);
  stream->rest = stream->rest.subspan(count);
}

void put(png_structp png, png_bytep data, std::size_t count) {
  static_cast<Stream*>(png_get_io_ptr(png))->written.append(reinterpret_cast<const char*>(data), count);
}

void flush(png_structp) {}

struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  bool wide_gray = false;

  explicit Reader(Stream& stream)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &stream, leave, ignore)) {
    if (png != nullptr) info = png_create_info_struct(png);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

/// Asks for 8-bit RGB, but for 16-bit gray, which Pillow clips rather than scales.
bool read_header(Reader& reader, Stream& stream) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_read_fn(reader.png, &stream, take);
  png_read_info(reader.png, reader.info);
  const int color = png_get_color_type(reader.png, reader.info);
  const int depth = png_get_bit_depth(reader.png, reader.info);
  reader.wide_gray = color == PNG_COLOR_TYPE_GRAY && depth == 16;
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(reader.png);
  if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(reader.png);
  if (depth == 16 && !reader.wide_gray) png_set_strip_16(reader.png);
  png_set_strip_alpha(reader.png);
  if (!reader.wide_gray && (color & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_rows(Reader& reader, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_read_image(reader.png, rows);
  return true;
}

bool write_all(png_structp png, png_infop info, Stream& stream, const Image& image) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, &stream, put, flush);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
               PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (std::int32_t y = 0; y < image.height; ++y) {
    png_write_row(png, image.pixels.data() + std::size_t{3} * static_cast<std::size_t>(y) *
                                                 static_cast<std::size_t>(image.width));
  }
  png_write_end(png, info);
  return true;
}

std::vector<std::uint8_t> rgb_of_wide_gray(const std::vector<std::uint8_t>& big_endian) {
  std::vector<std::uint8_t> rgb(big_endian.size() / 2 * 3);
  for (std::size_t i = 0; i < big_endian.size() / 2; ++i) {
    const std::uint8_t value = big_endian[i * 2] != 0 ? 255 : big_endian[i * 2 + 1];
    std::fill_n(rgb.begin() + static_cast<std::ptrdiff_t>(i * 3), 3, value);
  }
  return rgb;
}

}  // namespace

Image decode_png(std::span<const std::byte> bytes, const std::string& where) {
  Stream stream;
  stream.rest = bytes;
  Reader reader(stream);
  if (reader.info == nullptr) throw Error(where + ": libpng has no memory left", ErrorKind::environment);
  const auto refuse = [&] {
    throw Error(
        fmt::format("{}: the PNG is {}: {}", where, stream.cut_off ? "cut off" : "damaged", stream.message));
  };
  if (!read_header(reader, stream)) refuse();
  const png_uint_32 width = png_get_image_width(reader.png, reader.info);
  const png_uint_32 height = png_get_image_height(reader.png, reader.info);
  check_picture_size(width, height, where);
  const std::size_t stride = std::size_t{width} * (reader.wide_gray ? 2 : 3);
  if (png_get_rowbytes(reader.png, reader.info) != stride)
    throw Error(where + ": the PNG is of a kind that is not known");
  Image image{static_cast<std::int32_t>(width), static_cast<std::int32_t>(height), {}};
  image.pixels.resize(stride * height);
  std::vector<png_bytep> rows(height);
  for (png_uint_32 y = 0; y < height; ++y) rows[y] = image.pixels.data() + y * stride;
  if (!read_rows(reader, rows.data())) refuse();
  if (reader.wide_gray) image.pixels = rgb_of_wide_gray(image.pixels);
  return image;
}

std::string encode_png(const Image& image) {
  check_picture_size(static_cast<std::uint64_t>(image.width), static_cast<std::uint64_t>(image.height),
                     "encode_png");
  Stream stream;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &stream, leave, ignore);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  const bool written = info != nullptr && write_all(png, info, stream, image);
  png_destroy_write_struct(&png, &info);
  if (!written) throw Error(fmt::format("encode_png: {}", stream.message));
  return std::move(stream.written);
}

}  // namespace imp::models
