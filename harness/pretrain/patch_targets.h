// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/data/geometry.h"
#include "harness/data/renderer.h"
#include "harness/data/scene.h"

namespace imp::harness {

/// Distinct strings with numbers, in order of first use.
class StringTable {
 public:
  /// The number of a string, a new one for a new string.
  int64_t index(const std::string& text);
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::map<std::string, int64_t> numbers_;
  std::vector<std::string> texts_;
};

/// The patches of a square picture: `side` x `side` of `size` pixels.
struct PatchGrid {
  int64_t size = 0, side = 0;

  /// Number of the patch that a point of the picture lies in.
  [[nodiscard]] int64_t at(const Point& point) const;
  [[nodiscard]] int64_t patches() const { return side * side; }
};

/// What the patches of a batch of pictures show; rows count patches over the whole batch.
struct PatchTargets {
  std::map<int64_t, int64_t> letter_at;  ///< row -> 1 + glyph_index, or 0 for no character
  std::vector<int64_t> rows;             ///< every patch of a sign or object
  // Of each of these:
  std::vector<int64_t> words;       ///< number of its text, or of the object's name
  std::vector<int64_t> categories;  ///< what a classifier calls it (category_of)
  std::vector<int64_t> colors;      ///< number in kSignStyles
  StringTable texts;

  /// Adds what picture number `picture` shows.
  void add(const Scene& scene, const Places& places, int64_t picture, const PatchGrid& grid);

 private:
  void add_sign(const Sign& sign, const SignPlace& place, int64_t base, const PatchGrid& grid);
  void add_patches(const std::set<int64_t>& covered, const std::string& word, int64_t category, int color);
  void add_object(const SceneObject& object, const Box& box, int64_t base, const PatchGrid& grid);
};

}  // namespace imp::harness
