// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace imp::harness {

/// A file that a Debian package installs. The lists name files one by one, so that what else a machine has
/// installed changes no picture.
struct PackagedFile {
  std::string_view package;
  std::string_view path;
};

/// Upright sans faces of Debian's fonts: no italics, no monospaced, light or condensed cuts.
[[nodiscard]] std::span<const PackagedFile> font_catalog();

/// Photographs and artwork of Debian's wallpaper packages, JPEG or PNG. Left out: pictures with text of their
/// own, nearly empty ones, and copies in another size.
[[nodiscard]] std::span<const PackagedFile> background_catalog();

/// The face whose symbols are the objects of a scene.
[[nodiscard]] PackagedFile symbol_font();

/// An object that a scene can show: a symbol of `symbol_font` and its lower-case name.
struct SymbolObject {
  char32_t symbol;
  std::string_view name;
};

inline constexpr std::array<SymbolObject, 20> kObjects{{
    {U'☀', "sun"},     {U'☂', "umbrella"}, {U'☎', "phone"},   {U'♥', "heart"},  {U'★', "star"},
    {U'♠', "spade"},   {U'♣', "club"},     {U'♦', "diamond"}, {U'♫', "note"},   {U'☮', "peace"},
    {U'☯', "yinyang"}, {U'☢', "trefoil"},  {U'✈', "plane"},   {U'✉', "letter"}, {U'✂', "scissors"},
    {U'✏', "pencil"},  {U'✔', "check"},    {U'✖', "cross"},   {U'❄', "snow"},   {U'⚓', "anchor"},
}};

}  // namespace imp::harness
