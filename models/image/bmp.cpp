// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "models/image/bmp_runs.h"
#include "models/image/codec_parts.h"
#include "models/image/to_rgb.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

constexpr std::size_t kFileHeader = 14;
enum Compression : std::uint32_t { kRaw = 0, kRunsOf8 = 1, kRunsOf4 = 2, kBitFields = 3 };

/// Bytes of a file; a read beyond its end refuses it.
class Bytes {
 public:
  Bytes(std::span<const std::byte> bytes, const std::string& where)
      : bytes_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), where_(where) {}

  [[nodiscard]] std::uint32_t u16(std::size_t place) const {
    const auto part = at(place, 2);
    return part[0] | std::uint32_t{part[1]} << 8;
  }
  [[nodiscard]] std::uint32_t u32(std::size_t place) const { return u16(place) | u16(place + 2) << 16; }
  [[nodiscard]] std::span<const std::uint8_t> at(std::size_t place, std::size_t count) const {
    if (place > bytes_.size() || count > bytes_.size() - place) refuse_cut_off();
    return bytes_.subspan(place, count);
  }
  /// From `place` to the file's end, perhaps nothing.
  [[nodiscard]] std::span<const std::uint8_t> from(std::size_t place) const {
    return bytes_.subspan(std::min(place, bytes_.size()));
  }
  [[noreturn]] void refuse_cut_off() const { refuse("is cut off; its data end before the picture does"); }
  [[noreturn]] void refuse(const std::string& what) const { throw Error(where_ + ": the BMP " + what); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string where_;
};

struct Header {
  std::uint64_t width = 0, height = 0;
  std::uint32_t bits = 0, compression = kRaw, colors = 0;
  std::array<std::uint32_t, 3> masks{};
  bool from_top = false;
  std::size_t color_bytes = 4, palette_at = 0, data_at = 0;  ///< places in the file
};

/// OS/2's first header (12 bytes) and Windows' since (40 to 124, and OS/2's second of 64).
Header read_header(const Bytes& bytes) {
  Header header;
  const std::uint32_t size = bytes.u32(kFileHeader);
  constexpr std::array<std::uint32_t, 7> kSizes{12, 40, 52, 56, 64, 108, 124};
  if (std::find(kSizes.begin(), kSizes.end(), size) == kSizes.end())
    bytes.refuse(
        fmt::format("has a header of {} bytes; those of 12, 40, 52, 56, 64, 108 and 124 are known", size));
  (void)bytes.at(kFileHeader, size);
  header.palette_at = kFileHeader + size;
  if (size == 12) {
    header.width = bytes.u16(18);
    header.height = bytes.u16(20);
    header.bits = bytes.u16(24);
    header.color_bytes = 3;
  } else {
    header.width = bytes.u32(18);
    const std::uint32_t height = bytes.u32(22);
    header.from_top = height >> 24 == 0xff;  // a negative height
    header.height = header.from_top ? 0U - height : height;
    header.bits = bytes.u16(28);
    header.compression = bytes.u32(30);
    header.colors = bytes.u32(46);
    if (header.compression == kBitFields) {
      for (std::size_t c = 0; c < 3; ++c) header.masks[c] = bytes.u32(54 + 4 * c);
      if (size == 40) header.palette_at += 12;
    }
  }
  if (header.colors == 0) header.colors = header.bits < 32 ? 1U << header.bits : 0;
  const std::uint32_t offset = bytes.u32(10);
  header.data_at = offset;
  if (header.bits <= 8) {
    const std::size_t palette = header.color_bytes * header.colors;
    if (offset == kFileHeader + size) header.data_at += palette;
    if (offset == 0) header.data_at = header.palette_at + palette;
  } else if (offset == 0) {
    header.data_at = header.palette_at;
  }
  return header;
}

/// How Pillow takes the numbers of a picture of at most 8 bits: a palette of gray levels that are their own
/// numbers makes it gray, whose pixels then are read as a bit or a byte each, whatever `bits` says.
struct Colors {
  Palette palette{};
  std::uint32_t bits = 8;
};

Colors read_colors(const Bytes& bytes, const Header& header) {
  if (header.colors > 256)
    bytes.refuse(fmt::format("has a palette of {} colours; 256 are the most", header.colors));
  Colors result;
  result.bits = header.bits;
  const auto table = bytes.from(header.palette_at);
  // A small file may end within the palette that its header promises.
  const std::size_t there = std::min<std::size_t>(header.colors, table.size() / header.color_bytes);
  bool is_gray = there == header.colors;
  for (std::size_t i = 0; i < there; ++i) {
    const std::uint8_t* entry = table.data() + header.color_bytes * i;
    result.palette[i] = {entry[2], entry[1], entry[0]};
    const auto level = static_cast<std::uint8_t>(header.colors == 2 ? 255 * i : i);
    is_gray = is_gray && entry[0] == level && entry[1] == level && entry[2] == level;
  }
  if (!is_gray) return result;
  const bool is_bilevel = header.colors <= 2;
  result.bits = is_bilevel ? 1 : 8;
  for (std::size_t i = 0; i < result.palette.size(); ++i)
    result.palette[i].fill(is_bilevel && i > 0 ? 255 : static_cast<std::uint8_t>(i));
  return result;
}

/// Numbers of `bits` bits, the first in the highest bits of its byte.
void unpack(const std::uint8_t* packed, std::uint32_t bits, std::span<std::uint8_t> numbers) {
  const std::uint32_t in_a_byte = 8 / bits, mask = (1U << bits) - 1;
  for (std::size_t x = 0; x < numbers.size(); ++x) {
    const auto shift = static_cast<std::uint32_t>(8 - bits * (1 + x % in_a_byte));
    numbers[x] = static_cast<std::uint8_t>(packed[x / in_a_byte] >> shift & mask);
  }
}

/// Where red, green and blue stand in a pixel of 24 or 32 bits.
std::array<std::size_t, 3> byte_order(const Bytes& bytes, const Header& header) {
  using Masks = std::array<std::uint32_t, 3>;
  if (header.compression != kBitFields || header.masks == Masks{0xff0000, 0xff00, 0xff}) return {2, 1, 0};
  if (header.bits == 32) {
    if (header.masks == Masks{0, 0, 0}) return {2, 1, 0};
    if (header.masks == Masks{0xff000000, 0xff0000, 0xff00}) return {3, 2, 1};
    if (header.masks == Masks{0xff000000, 0xff00, 0xff}) return {3, 1, 0};
    if (header.masks == Masks{0xff, 0xff00, 0xff0000}) return {0, 1, 2};
  }
  bytes.refuse(fmt::format(
      "has masks {:#x}, {:#x}, {:#x} for {} bits, which are not known; save it with 8 bits a colour",
      header.masks[0], header.masks[1], header.masks[2], header.bits));
}

/// Bits of green in a pixel of 16 bits; red and blue have 5.
std::uint32_t green_bits(const Bytes& bytes, const Header& header) {
  using Masks = std::array<std::uint32_t, 3>;
  if (header.compression != kBitFields || header.masks == Masks{0x7c00, 0x3e0, 0x1f}) return 5;
  if (header.masks == Masks{0xf800, 0x7e0, 0x1f}) return 6;
  bytes.refuse(fmt::format(
      "has masks {:#x}, {:#x}, {:#x} for 16 bits, which are not known; save it with 8 bits a colour",
      header.masks[0], header.masks[1], header.masks[2]));
}

std::uint64_t row_stride(const Header& header) {
  return (header.width * header.bits + 31) / 32 * 4;
}

std::uint64_t used_of_row(const Header& header, std::uint32_t bits) {
  return (header.width * bits + 7) / 8;
}

/// Looks whether all rows are there, before memory is taken for them; the last row's padding may be absent.
void check_rows(const Bytes& bytes, const Header& header, std::uint32_t bits) {
  const std::uint64_t used = used_of_row(header, bits);
  if (used > row_stride(header))
    bytes.refuse("is gray with fewer than 8 bits a pixel, which Pillow does not read either; save it as PNG");
  (void)bytes.at(header.data_at, (header.height - 1) * row_stride(header) + used);
}

/// Row after row of the file, which check_rows has looked at.
template <class Put>
void read_rows(const Bytes& bytes, const Header& header, std::uint32_t bits, Put put) {
  for (std::uint64_t row = 0; row < header.height; ++row) {
    const std::uint64_t y = header.from_top ? row : header.height - 1 - row;
    put(y * header.width,
        bytes.at(header.data_at + row * row_stride(header), used_of_row(header, bits)).data());
  }
}

void turn_over(std::vector<std::uint8_t>& rows, std::uint64_t width) {
  const auto row = [&](std::uint64_t y) { return rows.begin() + static_cast<std::ptrdiff_t>(y * width); };
  for (std::uint64_t top = 0, bottom = rows.size() / width - 1; top < bottom; ++top, --bottom)
    std::swap_ranges(row(top), row(top + 1), row(bottom));
}

std::vector<std::uint8_t> read_numbers(const Bytes& bytes, const Header& header) {
  const Colors colors = read_colors(bytes, header);
  std::vector<std::uint8_t> numbers;
  if (header.compression == kRaw) {
    check_rows(bytes, header, colors.bits);
    numbers.resize(header.width * header.height);
    read_rows(bytes, header, colors.bits, [&](std::uint64_t first, const std::uint8_t* packed) {
      unpack(packed, colors.bits, std::span(numbers).subspan(first, header.width));
    });
  } else {
    const std::uint64_t count = header.width * header.height;
    numbers = decode_bmp_runs(bytes.from(header.data_at), header.data_at % 2 != 0, header.width, count,
                              header.compression == kRunsOf4);
    if (numbers.size() < count) bytes.refuse_cut_off();
    if (!header.from_top) turn_over(numbers, header.width);
  }
  return rgb_of_palette(numbers, colors.palette);
}

std::vector<std::uint8_t> read_colored(const Bytes& bytes, const Header& header) {
  check_rows(bytes, header, header.bits);
  std::vector<std::uint8_t> rgb(header.width * header.height * 3);
  if (header.bits == 16) {
    const std::uint32_t green = green_bits(bytes, header), most = (1U << green) - 1;
    read_rows(bytes, header, 16, [&](std::uint64_t first, const std::uint8_t* row) {
      for (std::size_t x = 0; x < header.width; ++x) {
        const std::uint32_t pixel = row[2 * x] | std::uint32_t{row[2 * x + 1]} << 8;
        std::uint8_t* out = rgb.data() + 3 * (first + x);
        out[0] = static_cast<std::uint8_t>((pixel >> (5 + green) & 31) * 255 / 31);
        out[1] = static_cast<std::uint8_t>((pixel >> 5 & most) * 255 / most);
        out[2] = static_cast<std::uint8_t>((pixel & 31) * 255 / 31);
      }
    });
    return rgb;
  }
  const std::array<std::size_t, 3> order = byte_order(bytes, header);
  const std::size_t size = header.bits / 8;
  read_rows(bytes, header, header.bits, [&](std::uint64_t first, const std::uint8_t* row) {
    for (std::size_t x = 0; x < header.width; ++x)
      for (std::size_t c = 0; c < 3; ++c) rgb[3 * (first + x) + c] = row[size * x + order[c]];
  });
  return rgb;
}

}  // namespace

Image decode_bmp(std::span<const std::byte> content, const std::string& where) {
  const Bytes bytes(content, where);
  const Header header = read_header(bytes);
  check_picture_size(header.width, header.height, where);
  const bool has_numbers = header.bits == 1 || header.bits == 4 || header.bits == 8;
  if (!has_numbers && header.bits != 16 && header.bits != 24 && header.bits != 32)
    bytes.refuse(fmt::format("has {} bits a pixel; 1, 4, 8, 16, 24 and 32 are known", header.bits));
  const bool has_runs = header.compression == kRunsOf8 || header.compression == kRunsOf4;
  const bool fits = header.compression == kRaw || (has_numbers ? has_runs : header.compression == kBitFields);
  if (!fits)
    bytes.refuse(
        fmt::format("has compression {} with {} bits a pixel, which is not known; save it uncompressed",
                    header.compression, header.bits));
  return {static_cast<std::int32_t>(header.width), static_cast<std::int32_t>(header.height),
          has_numbers ? read_numbers(bytes, header) : read_colored(bytes, header)};
}

}  // namespace imp::models
