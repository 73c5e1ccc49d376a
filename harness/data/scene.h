// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/data/geometry.h"

namespace imp::harness {

struct Rgb {
  std::uint8_t red = 0, green = 0, blue = 0;
};

/// Contrast ratio of two sRGB colours, 1 to 21 (WCAG 2.1, "contrast ratio" and "relative luminance").
[[nodiscard]] double contrast_ratio(Rgb a, Rgb b);

/// A kind of real signage, named by its plate's colour.
struct SignStyle {
  std::string_view color;
  Rgb plate;
  Rgb ink;
};

inline constexpr std::array<SignStyle, 6> kSignStyles{{
    {"red", {200, 25, 30}, {250, 250, 250}},
    {"blue", {20, 60, 170}, {250, 250, 250}},
    {"green", {10, 120, 60}, {250, 250, 250}},
    {"yellow", {245, 205, 30}, {15, 15, 15}},
    {"white", {245, 245, 245}, {15, 15, 15}},
    {"black", {20, 20, 20}, {245, 245, 245}},
}};

enum class TextKind { word, number, price, open_word };

/// A third of the picture's height: a sign has one for itself, objects share one with at most one other.
enum class Slot { top, middle, bottom };

/// Where in its slot an object stands: anywhere if it is alone there.
enum class Side { alone, left, right };

/// A plate with one word or number. Lengths are in pixels of the scene's nominal size.
struct Sign {
  std::string text;  ///< upper case letters, digits, or a price ("$25")
  TextKind kind = TextKind::word;
  int style = 0;  ///< number in kSignStyles
  Rgb plate, ink;
  int face = 0;                             ///< number in Assets::faces
  float font_size = 0;                      ///< of an em
  float padding = 0;                        ///< between the ink's box and the plate's edges
  float plate_width = 0, plate_height = 0;  ///< before rotation and perspective
  Quad corners{};                           ///< of the plate in the picture
  Slot slot = Slot::top;
};

/// A symbol on a round badge.
struct SceneObject {
  int kind = 0;   ///< number in kObjects
  int color = 0;  ///< number in kSignStyles: the ink has the colour that names the style
  Rgb badge, ink;
  Point centre;
  float radius = 0;
  Slot slot = Slot::top;
  Side side = Side::alone;
};

/// What is behind the signs: a square crop of a background picture, or one colour.
struct Backdrop {
  int background = -1;                ///< number in Assets::backgrounds; -1: `color` alone
  float left = 0, top = 0, side = 0;  ///< crop in pixels of the background's thumbnail
  bool mirrored = false;
  Rgb color;
};

/// All that a picture shows; what a renderer draws and what questions are asked about.
struct Scene {
  int size = 96;  ///< nominal width and height; a renderer scales from it
  Backdrop backdrop;
  std::vector<Sign> signs;           ///< from top to bottom
  std::vector<SceneObject> objects;  ///< from top to bottom, then left to right; no kind twice
  float blur = 0;                    ///< standard deviation of the Gaussian, nominal pixels
  float noise = 0;                   ///< standard deviation, in grey levels of 255
  std::uint64_t noise_seed = 0;
};

/// Text of a sign as answers and captions have it: lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

/// "red", the colour of a sign's plate or of an object's ink.
[[nodiscard]] std::string_view color_of(const Sign& sign);
[[nodiscard]] std::string_view color_of(const SceneObject& object);
[[nodiscard]] std::string_view name_of(const SceneObject& object);

/// "at the top", "in the middle", "at the bottom".
[[nodiscard]] std::string_view place_of(Slot slot);

/// "red stop at the top, blue star left in the middle, green sun right in the middle": all that is shown,
/// from top to bottom. What is alone in its picture is told without its place ("red stop").
[[nodiscard]] std::string caption_of(const Scene& scene);

}  // namespace imp::harness
