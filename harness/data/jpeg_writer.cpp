// SPDX-License-Identifier: Apache-2.0
#include "harness/data/jpeg_writer.h"

#include <fmt/format.h>
#include <jpeglib.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "models/io/error.h"

namespace imp::harness {
namespace {

[[noreturn]] void throw_error(j_common_ptr encoder) {
  char message[JMSG_LENGTH_MAX];
  encoder->err->format_message(encoder, message);
  throw Error(fmt::format("JPEG encoder: {}; is memory exhausted?", message), ErrorKind::environment);
}

}  // namespace

std::string encode_jpeg_444(const models::Image& image, int quality) {
  jpeg_error_mgr errors;
  jpeg_compress_struct encoder{};
  encoder.err = jpeg_std_error(&errors);
  errors.error_exit = throw_error;
  jpeg_create_compress(&encoder);
  const std::unique_ptr<jpeg_compress_struct, void (*)(j_compress_ptr)> owner(&encoder,
                                                                              jpeg_destroy_compress);
  unsigned char* buffer = nullptr;
  unsigned long length = 0;
  jpeg_mem_dest(&encoder, &buffer, &length);
  encoder.image_width = static_cast<JDIMENSION>(image.width);
  encoder.image_height = static_cast<JDIMENSION>(image.height);
  encoder.input_components = 3;
  encoder.in_color_space = JCS_RGB;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, quality, TRUE);
  encoder.comp_info[0].h_samp_factor = 1;
  encoder.comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(&encoder, TRUE);
  while (encoder.next_scanline < encoder.image_height) {
    auto* row = const_cast<JSAMPROW>(image.pixels.data()) +
                static_cast<std::size_t>(encoder.next_scanline) * static_cast<std::size_t>(image.width) * 3;
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  const std::unique_ptr<unsigned char, decltype(&std::free)> bytes(buffer, &std::free);
  return {reinterpret_cast<const char*>(bytes.get()), length};
}

}  // namespace imp::harness
