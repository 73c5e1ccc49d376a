// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <vector>

// jpeglib.h needs size_t and FILE declared before it.
#include <jerror.h>
#include <jpeglib.h>

#include "models/image/codec.h"
#include "models/image/codec_parts.h"
#include "models/image/to_rgb.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

/// libjpeg reports errors by a callback that must not return; it leaves by longjmp, so the functions that
/// call libjpeg between setjmp and their end hold no objects of their own.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf back;
  bool cut_off;
  char message[JMSG_LENGTH_MAX];
};

void leave(j_common_ptr state) {
  auto* manager = reinterpret_cast<ErrorManager*>(state->err);
  manager->base.format_message(state, manager->message);
  std::longjmp(manager->back, 1);
}

void note(j_common_ptr state, int level) {
  if (level >= 0) return;
  auto* manager = reinterpret_cast<ErrorManager*>(state->err);
  if (manager->base.msg_code == JWRN_JPEG_EOF) manager->cut_off = true;
}

jpeg_error_mgr* prepare(ErrorManager& manager) {
  manager.cut_off = false;
  manager.message[0] = '\0';
  jpeg_error_mgr* base = jpeg_std_error(&manager.base);
  base->error_exit = leave;
  base->emit_message = note;
  return base;
}

struct Decoder {
  jpeg_decompress_struct state;
  ErrorManager errors;
};

bool read_header(Decoder& decoder, const unsigned char* data, std::size_t size) {
  if (setjmp(decoder.errors.back) != 0) return false;
  jpeg_create_decompress(&decoder.state);
  jpeg_mem_src(&decoder.state, data, size);
  jpeg_read_header(&decoder.state, TRUE);
  decoder.state.out_color_space = decoder.state.num_components == 4 ? JCS_CMYK : JCS_RGB;
  return true;
}

/// Makes decoding give the luminance alone, both sides divided by `reduction`.
bool set_gray(Decoder& decoder, unsigned reduction) {
  if (setjmp(decoder.errors.back) != 0) return false;
  decoder.state.out_color_space = JCS_GRAYSCALE;
  decoder.state.scale_num = 1;
  decoder.state.scale_denom = reduction;
  jpeg_calc_output_dimensions(&decoder.state);
  return true;
}

bool read_rows(Decoder& decoder, unsigned char* pixels, std::size_t stride) {
  constexpr JDIMENSION kRowsAtOnce = 16;
  if (setjmp(decoder.errors.back) != 0) return false;
  jpeg_start_decompress(&decoder.state);
  while (decoder.state.output_scanline < decoder.state.output_height) {
    JSAMPROW rows[kRowsAtOnce];
    const JDIMENSION left = decoder.state.output_height - decoder.state.output_scanline;
    const JDIMENSION count = left < kRowsAtOnce ? left : kRowsAtOnce;
    for (JDIMENSION i = 0; i < count; ++i) rows[i] = pixels + (decoder.state.output_scanline + i) * stride;
    jpeg_read_scanlines(&decoder.state, rows, count);
  }
  return true;
}

/// Adobe writes inks inverted, and Pillow takes all CMYK so.
std::vector<std::uint8_t> rgb_of_inverted_cmyk(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> rgb(cmyk.size() / 4 * 3);
  for (std::size_t i = 0; i < cmyk.size() / 4; ++i) {
    std::array<std::uint8_t, 4> inks{};
    for (std::size_t c = 0; c < 4; ++c) inks[c] = static_cast<std::uint8_t>(255 - cmyk[i * 4 + c]);
    put_rgb_of_cmyk(inks, rgb.data() + i * 3);
  }
  return rgb;
}

struct Encoder {
  jpeg_compress_struct state;
  ErrorManager errors;
  unsigned char* data;
  unsigned long size;
};

bool write_all(Encoder& encoder, const Image& image, int quality) {
  if (setjmp(encoder.errors.back) != 0) return false;
  jpeg_create_compress(&encoder.state);
  jpeg_mem_dest(&encoder.state, &encoder.data, &encoder.size);
  encoder.state.image_width = static_cast<JDIMENSION>(image.width);
  encoder.state.image_height = static_cast<JDIMENSION>(image.height);
  encoder.state.input_components = 3;
  encoder.state.in_color_space = JCS_RGB;
  jpeg_set_defaults(&encoder.state);
  jpeg_set_quality(&encoder.state, quality, TRUE);
  encoder.state.comp_info[0].h_samp_factor = 1;
  encoder.state.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&encoder.state, TRUE);
  while (encoder.state.next_scanline < encoder.state.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.pixels.data()) +
                std::size_t{3} * encoder.state.next_scanline * encoder.state.image_width;
    jpeg_write_scanlines(&encoder.state, &row, 1);
  }
  jpeg_finish_compress(&encoder.state);
  return true;
}

/// A JPEG whose header has been read.
class OpenedJpeg {
 public:
  OpenedJpeg(std::span<const std::byte> bytes, const std::string& where) : where_(where) {
    decoder_.state.err = prepare(decoder_.errors);
    if (!read_header(decoder_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())) {
      const Error error = damage();
      jpeg_destroy_decompress(&decoder_.state);
      throw error;
    }
  }
  ~OpenedJpeg() { jpeg_destroy_decompress(&decoder_.state); }
  OpenedJpeg(const OpenedJpeg&) = delete;
  OpenedJpeg& operator=(const OpenedJpeg&) = delete;

  void check() const {
    if (channels() != 1 && channels() != 3 && channels() != 4)
      throw Error(fmt::format("{}: the JPEG has {} channels; 1, 3 and 4 are known", where_, channels()));
    check_picture_size(decoder_.state.image_width, decoder_.state.image_height, where_);
  }
  [[nodiscard]] int channels() const { return decoder_.state.num_components; }
  [[nodiscard]] JDIMENSION width() const { return decoder_.state.image_width; }
  [[nodiscard]] JDIMENSION height() const { return decoder_.state.image_height; }

  GrayImage gray(int reduction) {
    if (!set_gray(decoder_, static_cast<unsigned>(reduction))) throw damage();
    GrayImage image{static_cast<std::int32_t>(decoder_.state.output_width),
                    static_cast<std::int32_t>(decoder_.state.output_height),
                    {}};
    image.pixels = rows(decoder_.state.output_width, decoder_.state.output_height);
    return image;
  }

  std::vector<std::uint8_t> rows(std::size_t stride, std::size_t count) {
    std::vector<std::uint8_t> pixels(stride * count);
    if (!read_rows(decoder_, pixels.data(), stride)) throw damage();
    if (decoder_.errors.cut_off)
      throw Error(where_ + ": the JPEG is cut off; its data end before the picture does");
    return pixels;
  }

 private:
  [[nodiscard]] Error damage() const {
    return Error(fmt::format("{}: the JPEG is damaged: {}", where_, decoder_.errors.message));
  }

  Decoder decoder_{};
  const std::string& where_;
};

Image decode_jpeg(OpenedJpeg& jpeg) {
  Image image{static_cast<std::int32_t>(jpeg.width()), static_cast<std::int32_t>(jpeg.height()), {}};
  const bool inks = jpeg.channels() == 4;
  image.pixels = jpeg.rows(jpeg.width() * (inks ? std::size_t{4} : 3), jpeg.height());
  if (inks) image.pixels = rgb_of_inverted_cmyk(image.pixels);
  return image;
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& where) {
  OpenedJpeg jpeg(bytes, where);
  jpeg.check();
  return decode_jpeg(jpeg);
}

GrayImage decode_jpeg_gray(std::span<const std::byte> bytes, const std::string& where,
                           std::int64_t least_side) {
  OpenedJpeg jpeg(bytes, where);
  jpeg.check();
  const int reduction = reduction_of(jpeg.width(), jpeg.height(), least_side);
  // libjpeg has no way from inks to luminance.
  if (jpeg.channels() == 4) return averaged(gray_of(decode_jpeg(jpeg)), reduction);
  return jpeg.gray(reduction);
}

std::string encode_jpeg(const Image& image, int quality) {
  check_picture_size(static_cast<std::uint64_t>(image.width), static_cast<std::uint64_t>(image.height),
                     "encode_jpeg");
  Encoder encoder{};
  encoder.state.err = prepare(encoder.errors);
  struct Cleanup {
    Encoder& encoder;
    ~Cleanup() {
      jpeg_destroy_compress(&encoder.state);
      std::free(encoder.data);
    }
  } const cleanup{encoder};
  if (!write_all(encoder, image, quality))
    throw Error(fmt::format("encode_jpeg: {}", encoder.errors.message));
  return {reinterpret_cast<const char*>(encoder.data), encoder.size};
}

}  // namespace imp::models
