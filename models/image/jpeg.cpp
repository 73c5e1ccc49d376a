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

}  // namespace

Image decode_jpeg(std::span<const std::byte> bytes, const std::string& where) {
  Decoder decoder{};
  decoder.state.err = prepare(decoder.errors);
  struct Cleanup {
    Decoder& decoder;
    ~Cleanup() { jpeg_destroy_decompress(&decoder.state); }
  } const cleanup{decoder};
  const auto refuse = [&] {
    throw Error(fmt::format("{}: the JPEG is damaged: {}", where, decoder.errors.message));
  };
  if (!read_header(decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())) refuse();
  const int channels = decoder.state.num_components;
  if (channels != 1 && channels != 3 && channels != 4) {
    throw Error(fmt::format("{}: the JPEG has {} channels; 1, 3 and 4 are known", where, channels));
  }
  check_picture_size(decoder.state.image_width, decoder.state.image_height, where);
  Image image{static_cast<std::int32_t>(decoder.state.image_width),
              static_cast<std::int32_t>(decoder.state.image_height),
              {}};
  const std::size_t stride = decoder.state.image_width * (channels == 4 ? std::size_t{4} : 3);
  image.pixels.resize(stride * decoder.state.image_height);
  if (!read_rows(decoder, image.pixels.data(), stride)) refuse();
  if (decoder.errors.cut_off)
    throw Error(where + ": the JPEG is cut off; its data end before the picture does");
  if (channels == 4) image.pixels = rgb_of_inverted_cmyk(image.pixels);
  return image;
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
