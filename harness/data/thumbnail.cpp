// SPDX-License-Identifier: Apache-2.0
#include "harness/data/thumbnail.h"

#include <fmt/format.h>
#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <string>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

struct JpegErrors {
  jpeg_error_mgr manager;
  std::jmp_buf resume;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave_decoder(j_common_ptr decoder) {
  auto* errors = reinterpret_cast<JpegErrors*>(decoder->err);
  errors->manager.format_message(decoder, errors->message);
  std::longjmp(errors->resume, 1);
}

void stay_silent(j_common_ptr) {}

/// Decodes into `picture`; returns false and leaves the reason in `errors`. A function of its own because
/// longjmp must not skip destructors: nothing in here owns memory but the decoder.
bool decode_jpeg(const std::string& bytes, int short_side, models::Image& picture, JpegErrors& errors) {
  jpeg_decompress_struct decoder{};
  decoder.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = leave_decoder;
  errors.manager.output_message = stay_silent;
  if (setjmp(errors.resume) != 0) {
    jpeg_destroy_decompress(&decoder);
    return false;
  }
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&decoder, TRUE);
  decoder.out_color_space = JCS_RGB;
  const auto side = static_cast<int>(std::min(decoder.image_width, decoder.image_height));
  decoder.scale_num = 1;
  decoder.scale_denom = 8;
  while (decoder.scale_denom > 1 && side / static_cast<int>(decoder.scale_denom) < short_side)
    decoder.scale_denom /= 2;
  jpeg_start_decompress(&decoder);
  picture.width = static_cast<int>(decoder.output_width);
  picture.height = static_cast<int>(decoder.output_height);
  picture.pixels.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) *
                        3);
  while (decoder.output_scanline < decoder.output_height) {
    JSAMPROW row = picture.pixels.data() + static_cast<std::size_t>(decoder.output_scanline) *
                                               static_cast<std::size_t>(picture.width) * 3;
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
  return true;
}

bool decode_png(const std::string& bytes, models::Image& picture, std::string& reason) {
  png_image decoder{};
  decoder.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&decoder, bytes.data(), bytes.size()) == 0) {
    reason = decoder.message;
    return false;
  }
  decoder.format = PNG_FORMAT_RGB;
  picture.width = static_cast<int>(decoder.width);
  picture.height = static_cast<int>(decoder.height);
  picture.pixels.resize(PNG_IMAGE_SIZE(decoder));
  const png_color white{255, 255, 255};
  if (png_image_finish_read(&decoder, &white, picture.pixels.data(), 0, nullptr) == 0) {
    reason = decoder.message;
    png_image_free(&decoder);
    return false;
  }
  return true;
}

models::Image shrink(const models::Image& picture, int short_side) {
  const int side = std::min(picture.width, picture.height);
  if (side <= short_side) return picture;
  models::Image out;
  out.width = std::max(short_side, picture.width * short_side / side);
  out.height = std::max(short_side, picture.height * short_side / side);
  out.pixels.resize(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * 3);
  for (int y = 0; y < out.height; ++y) {
    const int top = static_cast<int>(static_cast<long long>(y) * picture.height / out.height);
    const int bottom = static_cast<int>(static_cast<long long>(y + 1) * picture.height / out.height);
    for (int x = 0; x < out.width; ++x) {
      const int left = static_cast<int>(static_cast<long long>(x) * picture.width / out.width);
      const int right = static_cast<int>(static_cast<long long>(x + 1) * picture.width / out.width);
      long long sums[3] = {0, 0, 0};
      for (int v = top; v < bottom; ++v) {
        const std::uint8_t* pixel =
            picture.pixels.data() + (static_cast<std::ptrdiff_t>(v) * picture.width + left) * 3;
        for (int u = left; u < right; ++u, pixel += 3)
          for (int c = 0; c < 3; ++c) sums[c] += pixel[c];
      }
      const long long area = static_cast<long long>(bottom - top) * (right - left);
      std::uint8_t* target = out.pixels.data() + (static_cast<std::ptrdiff_t>(y) * out.width + x) * 3;
      for (int c = 0; c < 3; ++c) target[c] = static_cast<std::uint8_t>((sums[c] + area / 2) / area);
    }
  }
  return out;
}

}  // namespace

models::Image decode_thumbnail(const std::filesystem::path& file, int short_side) {
  const std::string bytes = read_file(file);
  models::Image picture;
  std::string reason;
  bool done = false;
  if (bytes.starts_with("\x89PNG")) {
    done = decode_png(bytes, picture, reason);
  } else {
    JpegErrors errors{};
    done = decode_jpeg(bytes, short_side, picture, errors);
    reason = errors.message;
  }
  if (!done)
    throw Error(
        fmt::format("{}: cannot be decoded ({}); reinstall its Debian package", file.string(), reason),
        ErrorKind::environment);
  return shrink(picture, short_side);
}

}  // namespace imp::harness
