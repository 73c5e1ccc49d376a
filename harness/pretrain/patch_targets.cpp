// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/patch_targets.h"

#include <algorithm>
#include <set>

#include "harness/data/assets.h"
#include "harness/pretrain/categories.h"

namespace imp::harness {

int64_t StringTable::index(const std::string& text) {
  const auto [entry, fresh] = numbers_.emplace(text, static_cast<int64_t>(texts_.size()));
  if (fresh) texts_.push_back(text);
  return entry->second;
}

int64_t PatchGrid::at(const Point& point) const {
  const auto along = [&](float value) {
    return std::clamp(static_cast<int64_t>(value) / size, int64_t{0}, side - 1);
  };
  return along(point.y) * side + along(point.x);
}

void PatchTargets::add(const Scene& scene, const Places& places, int64_t picture, const PatchGrid& grid) {
  const int64_t base = picture * grid.patches();
  for (size_t s = 0; s < scene.signs.size(); ++s) add_sign(scene.signs[s], places.signs[s], base, grid);
  for (size_t o = 0; o < scene.objects.size(); ++o)
    add_object(scene.objects[o], places.objects[o], base, grid);
}

void PatchTargets::add_sign(const Sign& sign, const SignPlace& place, int64_t base, const PatchGrid& grid) {
  std::set<int64_t> covered;
  for (size_t i = 0; i < place.glyphs.size(); ++i) {
    const int64_t row = base + grid.at(place.glyphs[i]);
    letter_at[row] = 1 + glyph_index(sign.text[i]);
    covered.insert(row);
  }
  add_patches(covered, lower_case(sign.text), category_of(sign), sign.style);
}

void PatchTargets::add_object(const SceneObject& object, const Box& box, int64_t base,
                              const PatchGrid& grid) {
  std::set<int64_t> covered;
  for (const float fx : {0.3F, 0.5F, 0.7F}) {
    for (const float fy : {0.3F, 0.5F, 0.7F}) {
      covered.insert(
          base + grid.at({box.left + fx * (box.right - box.left), box.top + fy * (box.bottom - box.top)}));
    }
  }
  add_patches(covered, std::string(name_of(object)), category_of(object), object.color);
}

void PatchTargets::add_patches(const std::set<int64_t>& covered, const std::string& word, int64_t category,
                               int color) {
  const int64_t number = texts.index(word);
  for (const int64_t row : covered) {
    rows.push_back(row);
    words.push_back(number);
    categories.push_back(category);
    colors.push_back(color);
  }
}

}  // namespace imp::harness
