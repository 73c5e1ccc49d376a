// SPDX-License-Identifier: Apache-2.0
#include "models/image/file_kind.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace imp::models {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t place;
  std::string_view bytes, name;
};

/// Of two that fit, the first counts.
constexpr std::array kPictures{
    Signature{4, "ftypavif"sv, "an AVIF picture"},
    Signature{4, "ftypavis"sv, "an AVIF picture"},
    Signature{4, "ftyphei"sv, "an HEIC picture"},
    Signature{4, "ftyphev"sv, "an HEIC picture"},
    Signature{4, "ftypmif1"sv, "an HEIC or AVIF picture"},
    Signature{4, "ftypmsf1"sv, "an HEIC or AVIF picture"},
    Signature{0, "\0\0\0\x0cjP  "sv, "a JPEG 2000 picture"},
    Signature{0, "\xff\x4f\xff\x51"sv, "a JPEG 2000 picture"},
    Signature{0, "\0\0\0\x0cJXL "sv, "a JPEG XL picture"},
    Signature{0, "\xff\x0a"sv, "a JPEG XL picture"},
    Signature{0, "8BPS"sv, "a Photoshop document"},
    Signature{0, "\0\0\1\0"sv, "an icon (ICO)"},
    Signature{0, "qoif"sv, "a QOI picture"},
    Signature{0, "v/1\1"sv, "an OpenEXR picture"},
    Signature{0, "#?RADIANCE"sv, "a Radiance picture"},
    Signature{0, "\xff\xd8"sv, "a JPEG that ends after its first bytes"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0, "%!PS"sv, "a PostScript document"},
};

constexpr std::array kOthers{
    Signature{4, "ftyp"sv, "a video"},
    Signature{4, "moov"sv, "a video"},
    Signature{0, "\x1a\x45\xdf\xa3"sv, "a video"},
    Signature{8, "AVI "sv, "a video"},
    Signature{0, "PK\3\4"sv, "a ZIP archive"},
    Signature{0, "\x1f\x8b"sv, "a gzip archive"},
    Signature{257, "ustar"sv, "a tar archive"},
    Signature{0, "\x93NUMPY"sv, "a NumPy array"},
};

bool fits(const Signature& signature, std::string_view text) {
  return text.size() >= signature.place && text.substr(signature.place).starts_with(signature.bytes);
}

/// The first bytes in small letters, white space and a byte order mark before them left out.
std::string beginning(std::string_view text) {
  constexpr std::size_t kLooked = 512;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  std::string small(text.substr(0, kLooked));
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return small;
}

bool is_text(std::string_view text) {
  constexpr std::size_t kLooked = 512;
  text = text.substr(0, kLooked);
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7f || (byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f');
  });
}

/// Netpbm's files begin with P and a digit, then white space.
bool is_netpbm(std::string_view text) {
  return text.size() > 2 && text[0] == 'P' &&
         ((text[1] >= '1' && text[1] <= '7') || text[1] == 'F' || text[1] == 'f') &&
         " \t\r\n"sv.find(text[2]) != std::string_view::npos;
}

}  // namespace

std::string what_it_is_instead(std::span<const std::byte> bytes) {
  constexpr auto kConvert = "; save it as PNG or JPEG"sv;
  constexpr auto kNeeded = "; a JPEG, PNG, GIF, WebP, BMP or TIFF is needed"sv;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto with = [](std::string_view name, std::string_view advice) {
    return "is " + std::string(name) + std::string(advice);
  };
  for (const Signature& signature : kPictures)
    if (fits(signature, text)) return with(signature.name, kConvert);
  if (is_netpbm(text)) return with("a Netpbm picture", kConvert);
  for (const Signature& signature : kOthers)
    if (fits(signature, text)) return with(signature.name, kNeeded);
  if (std::all_of(text.begin(), text.end(), [](char c) { return c == '\0'; }))
    return with("nothing but zero bytes, as a download that was broken off leaves", kNeeded);
  if (text.starts_with("version https://git-lfs"))
    return with("a pointer of Git LFS and not the picture itself", "; run: git lfs pull");
  const std::string small = beginning(text);
  if (small.find("<svg") != std::string::npos) return with("an SVG drawing", kConvert);
  if (small.starts_with("<!doctype html") || small.find("<html") != std::string::npos)
    return with("a web page (HTML), perhaps a server's answer instead of the picture", kNeeded);
  if (is_text(text)) return with("text and no picture", kNeeded);
  return with("of a kind that is not known", kNeeded);
}

}  // namespace imp::models
