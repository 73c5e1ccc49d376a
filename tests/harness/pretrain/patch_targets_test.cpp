// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/patch_targets.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "harness/pretrain/categories.h"

namespace imp::harness {
namespace {

/// 8 x 8 patches of 12 pixels.
constexpr PatchGrid kGrid{12, 8};

/// A red sign that says "AB" in the first row of patches, and a star over the last four patches.
Scene sign_and_star() {
  Scene scene;
  scene.signs.emplace_back().text = "AB";
  scene.objects.emplace_back().kind = 4;
  return scene;
}
Places places_of_sign_and_star() {
  Places places;
  places.signs.emplace_back().glyphs = {{6, 6}, {18, 6}};
  places.objects.push_back({72, 72, 96, 96});
  return places;
}

TEST(PatchTargets, TellTheWordAndTheCategoryAtTheSamePatches) {
  PatchTargets targets;
  targets.add(sign_and_star(), places_of_sign_and_star(), 1, kGrid);
  std::map<int64_t, std::string> words;
  std::map<int64_t, int64_t> categories;
  ASSERT_EQ(targets.categories.size(), targets.rows.size());
  for (size_t i = 0; i < targets.rows.size(); ++i) {
    words[targets.rows[i]] = targets.texts.texts().at(static_cast<size_t>(targets.words[i]));
    categories[targets.rows[i]] = targets.categories[i];
  }
  const int64_t red_sign = category_of(Sign{});
  // The second picture's patches begin at 64.
  EXPECT_EQ(words, (std::map<int64_t, std::string>{
                       {64, "ab"}, {65, "ab"}, {118, "star"}, {119, "star"}, {126, "star"}, {127, "star"}}));
  EXPECT_EQ(categories, (std::map<int64_t, int64_t>{
                            {64, red_sign}, {65, red_sign}, {118, 4}, {119, 4}, {126, 4}, {127, 4}}));
}

TEST(Categories, AreTheSameForTheWholePictureAndItsPatches) {
  const Scene scene = sign_and_star();
  const at::Tensor labels = category_labels({scene, Scene{}});
  EXPECT_EQ(labels.sizes(), (std::vector<int64_t>{2, category_count()}));
  EXPECT_EQ(labels.sum().item<float>(), 2);
  EXPECT_EQ(labels[0][category_of(scene.signs[0])].item<float>(), 1);
  EXPECT_EQ(labels[0][category_of(scene.objects[0])].item<float>(), 1);
}

}  // namespace
}  // namespace imp::harness
