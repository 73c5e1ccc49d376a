// SPDX-License-Identifier: Apache-2.0
#include "harness/data/scene.h"

#include <fmt/format.h>

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

std::string_view color_of(const Sign& sign) {
  return kSignStyles[static_cast<std::size_t>(sign.style)].color;
}

std::string_view color_of(const SceneObject& object) {
  return kSignStyles[static_cast<std::size_t>(object.color)].color;
}

std::string_view name_of(const SceneObject& object) {
  return kObjects[static_cast<std::size_t>(object.kind)].name;
}

std::string_view place_of(Slot slot) {
  return slot == Slot::top ? "at the top" : slot == Slot::middle ? "in the middle" : "at the bottom";
}

std::string caption_of(const Scene& scene) {
  const bool several = scene.signs.size() + scene.objects.size() > 1;
  std::string caption;
  const auto tell = [&](std::string_view color, std::string_view what, Slot slot, Side side) {
    if (!caption.empty()) caption += ", ";
    caption += fmt::format("{} {}", color, what);
    if (side != Side::alone) caption += side == Side::left ? " left" : " right";
    if (several) caption += fmt::format(" {}", place_of(slot));
  };
  for (const Slot slot : {Slot::top, Slot::middle, Slot::bottom}) {
    for (const Sign& sign : scene.signs)
      if (sign.slot == slot) tell(color_of(sign), lower_case(sign.text), slot, Side::alone);
    for (const SceneObject& object : scene.objects)
      if (object.slot == slot) tell(color_of(object), name_of(object), slot, object.side);
  }
  return caption;
}

}  // namespace imp::harness
