// SPDX-License-Identifier: Apache-2.0
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>

#include "models/image/codec_parts.h"
#include "models/io/error.h"

namespace imp::models {

/// Through the decoder of animations, as Pillow does: it places a first frame that is smaller than the
/// canvas.
Image decode_webp(std::span<const std::byte> bytes, const std::string& where) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  const auto damaged = [&] { return Error(where + ": the WebP is damaged"); };
  const auto cut_off = [&] {
    return Error(where + ": the WebP is cut off; its data end before the picture does");
  };
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(data.bytes, data.size, &features);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) throw cut_off();
  if (status != VP8_STATUS_OK) throw damaged();
  check_picture_size(static_cast<std::uint64_t>(features.width), static_cast<std::uint64_t>(features.height),
                     where);
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  WebPDemuxDelete(WebPDemuxPartial(&data, &state));
  if (state == WEBP_DEMUX_PARSING_HEADER || state == WEBP_DEMUX_PARSED_HEADER) throw cut_off();
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&data, nullptr), WebPAnimDecoderDelete);
  WebPAnimInfo info;
  if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0) throw damaged();
  check_picture_size(info.canvas_width, info.canvas_height, where);
  std::uint8_t* rgba = nullptr;  // the decoder's
  int milliseconds = 0;
  if (WebPAnimDecoderGetNext(decoder.get(), &rgba, &milliseconds) == 0) throw damaged();
  Image image = blank_image(static_cast<std::int32_t>(info.canvas_width),
                            static_cast<std::int32_t>(info.canvas_height));
  for (std::size_t i = 0; i < image.pixels.size() / 3; ++i)
    std::copy_n(rgba + 4 * i, 3, image.pixels.data() + 3 * i);
  return image;
}

}  // namespace imp::models
