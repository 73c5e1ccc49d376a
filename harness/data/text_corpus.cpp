// SPDX-License-Identifier: Apache-2.0
#include "harness/data/text_corpus.h"

#include <fmt/format.h>

#include "harness/data/catalog.h"

namespace imp::harness {
namespace {

std::string_view color_of(const Sign& sign) {
  return kSignStyles[static_cast<std::size_t>(sign.style)].color;
}

std::string_view place_of(Slot slot) {
  return slot == Slot::top ? "at the top" : slot == Slot::middle ? "in the middle" : "at the bottom";
}

std::string_view kind_of(const Sign& sign) {
  return sign.kind == TextKind::number ? "number" : "word";
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
  if (scene.object) {
    const float dx = point.x - scene.object->centre.x, dy = point.y - scene.object->centre.y;
    if (dx * dx + dy * dy <= scene.object->radius * scene.object->radius)
      return std::string(kObjects[static_cast<std::size_t>(scene.object->kind)].name);
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
  const bool several = scene.signs.size() > 1;
  for (const Sign& sign : scene.signs) {
    if (!text.empty()) text += " ";
    const std::string place = several ? fmt::format(" {}", place_of(sign.slot)) : "";
    if (wording == 1)
      text += fmt::format("the {} sign{} says {}.", color_of(sign), place, lower_case(sign.text));
    else
      text += fmt::format("{} is the {} on a {} sign{}.", lower_case(sign.text), kind_of(sign),
                          color_of(sign), place);
  }
  if (scene.object)
    text += fmt::format("{}the {} is {}.", text.empty() ? "" : " ", wording == 1 ? "symbol" : "object",
                        kObjects[static_cast<std::size_t>(scene.object->kind)].name);
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
