// SPDX-License-Identifier: Apache-2.0
#include "harness/data/scene.h"

#include <algorithm>
#include <cmath>

#include "harness/data/catalog.h"

namespace imp::harness {
namespace {

double relative_luminance(Rgb color) {
  const auto linear = [](std::uint8_t level) {
    const double value = level / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

constexpr std::string_view place_of(Slot slot) {
  return slot == Slot::top ? " at the top" : slot == Slot::middle ? " in the middle" : " at the bottom";
}

}  // namespace

double contrast_ratio(Rgb a, Rgb b) {
  const double first = relative_luminance(a) + 0.05;
  const double second = relative_luminance(b) + 0.05;
  return std::max(first, second) / std::min(first, second);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string caption_of(const Scene& scene) {
  std::string caption;
  for (const Sign& sign : scene.signs) {
    if (!caption.empty()) caption += ", ";
    caption += kSignStyles[static_cast<std::size_t>(sign.style)].color;
    caption += " " + lower_case(sign.text);
    if (scene.signs.size() > 1) caption += place_of(sign.slot);
  }
  if (scene.object) {
    if (!caption.empty()) caption += ", ";
    caption += kObjects[static_cast<std::size_t>(scene.object->kind)].name;
  }
  return caption;
}

}  // namespace imp::harness
