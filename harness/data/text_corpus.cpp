// SPDX-License-Identifier: Apache-2.0
#include "harness/data/text_corpus.h"

#include <fmt/format.h>

#include "harness/data/catalog.h"

namespace imp::harness {
namespace {

std::string_view kind_of(const Sign& sign) {
  return sign.kind == TextKind::number ? "number" : sign.kind == TextKind::price ? "price" : "word";
}

/// Inside a convex quadrilateral whose corners go round clockwise, y downwards.
bool contains(const Quad& quad, Point point) {
  for (std::size_t i = 0; i < quad.size(); ++i) {
    const Point& a = quad[i];
    const Point& b = quad[(i + 1) % quad.size()];
    if ((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) < 0) return false;
  }
  return true;
}

std::string cell_at(const Scene& scene, Point point) {
  for (const Sign& sign : scene.signs)
    if (contains(sign.corners, point)) return fmt::format("{} {}", color_of(sign), lower_case(sign.text));
  for (const SceneObject& object : scene.objects) {
    const float dx = point.x - object.centre.x, dy = point.y - object.centre.y;
    if (dx * dx + dy * dy <= object.radius * object.radius)
      return fmt::format("{} {}", color_of(object), name_of(object));
  }
  return ".";
}

}  // namespace

std::vector<std::string> layout_cells(const Scene& scene, int grid) {
  const float side = static_cast<float>(scene.size) / static_cast<float>(grid);
  std::vector<std::string> cells;
  for (int row = 0; row < grid; ++row)
    for (int column = 0; column < grid; ++column)
      cells.push_back(cell_at(
          scene, {(static_cast<float>(column) + 0.5F) * side, (static_cast<float>(row) + 0.5F) * side}));
  return cells;
}

std::string describe(const Scene& scene, int wording) {
  if (wording == 0) return caption_of(scene);
  std::string text;
  const bool several = scene.signs.size() + scene.objects.size() > 1;
  const auto add = [&](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
  const auto where = [&](Slot slot, Side side) {
    const std::string_view beside = side == Side::alone ? "" : side == Side::left ? " left" : " right";
    return several ? fmt::format("{} {}", beside, place_of(slot)) : std::string(beside);
  };
  for (const Sign& sign : scene.signs) {
    const std::string place = where(sign.slot, Side::alone), said = lower_case(sign.text);
    add(wording == 1
            ? fmt::format("the {} sign{} says {}.", color_of(sign), place, said)
            : fmt::format("{} is the {} on a {} sign{}.", said, kind_of(sign), color_of(sign), place));
  }
  for (const SceneObject& object : scene.objects) {
    const std::string place = where(object.slot, object.side);
    add(wording == 1 ? fmt::format("the {} symbol{} is {}.", color_of(object), place, name_of(object))
                     : fmt::format("{} is a {} object{}.", name_of(object), color_of(object), place));
  }
  return text;
}

TextSample TextCorpus::caption_sample(std::uint64_t index) const {
  const Scene scene = sampler_.sample(index);
  Random random(sampler_.parameters().seed, stream_of("caption text", index));
  TextSample sample;
  const int wording = random.below(kDescriptions);
  sample.prefix = describe(scene, wording);
  if (random.chance(0.5))
    sample.prefix += "\n" + describe(scene, (wording + 1 + random.below(kDescriptions - 1)) % kDescriptions);
  add_turns(scene, random, sample);
  return sample;
}

LayoutSample TextCorpus::layout_sample(std::uint64_t index, int grid) const {
  const Scene scene = sampler_.sample(index);
  Random random(sampler_.parameters().seed, stream_of("layout text", index));
  LayoutSample sample;
  sample.cells = layout_cells(scene, grid);
  sample.text.prefix = caption_of(scene);
  add_turns(scene, random, sample.text);
  return sample;
}

void TextCorpus::add_turns(const Scene& scene, Random& random, TextSample& sample) const {
  for (Question& question : ask_several(scene, turns_, families_, false, random)) {
    sample.turns.emplace_back(std::move(question.text), std::move(question.answer));
    sample.families.push_back(question.family);
  }
}

}  // namespace imp::harness
