// SPDX-License-Identifier: Apache-2.0
#include "harness/data/scene_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "harness/data/renderer.h"
#include "models/io/error.h"
#include "tests/harness/data/shared_assets.h"

namespace imp::harness {
namespace {

using testing::assets;
using testing::vocabulary;

SceneParameters parameters_of(Split split) {
  SceneParameters parameters;
  parameters.split = split;
  return parameters;
}

TEST(SceneSampler, AScenesNumberDecidesAllOfIt) {
  const SceneSampler one(assets(), vocabulary(), parameters_of(Split::train));
  const SceneSampler other(assets(), vocabulary(), parameters_of(Split::train));
  const Renderer renderer(assets(), 96);
  for (const std::uint64_t index : {5U, 3U, 5U, 40000U})
    EXPECT_EQ(renderer.render(one.sample(index)).pixels, renderer.render(other.sample(index)).pixels);
  EXPECT_NE(renderer.render(one.sample(3)).pixels, renderer.render(one.sample(5)).pixels);
}

TEST(SceneSampler, SeedsAndSplitsDrawDifferentScenes) {
  SceneParameters reseeded = parameters_of(Split::train);
  reseeded.seed = 2;
  const SceneSampler train(assets(), vocabulary(), parameters_of(Split::train));
  int same_as_reseeded = 0, same_as_test = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string caption = caption_of(train.sample(static_cast<std::uint64_t>(i)));
    const auto index = static_cast<std::uint64_t>(i);
    same_as_reseeded += caption == caption_of(SceneSampler(assets(), vocabulary(), reseeded).sample(index));
    same_as_test +=
        caption == caption_of(SceneSampler(assets(), vocabulary(), parameters_of(Split::test)).sample(index));
  }
  EXPECT_LT(same_as_reseeded, 5);
  EXPECT_LT(same_as_test, 5);
}

TEST(SceneSampler, ScenesUseFacesAndBackgroundsOfTheirSplitOnly) {
  for (const Split split : {Split::train, Split::validation, Split::test}) {
    const SceneSampler sampler(assets(), vocabulary(), parameters_of(split));
    for (std::uint64_t i = 0; i < 500; ++i) {
      const Scene scene = sampler.sample(i);
      EXPECT_EQ(assets().backgrounds()[static_cast<std::size_t>(scene.backdrop.background)].split, split);
      for (const Sign& sign : scene.signs)
        EXPECT_EQ(assets().faces()[static_cast<std::size_t>(sign.face)].split, split);
    }
  }
}

TEST(SceneSampler, NoTrainingPictureShowsAHeldOutWord) {
  std::set<std::string> shown;
  const SceneSampler training(assets(), vocabulary(), SceneParameters::pretraining(1));
  for (std::uint64_t i = 0; i < 20000; ++i)
    for (const Sign& sign : training.sample(i).signs) shown.insert(sign.text);
  EXPECT_GT(shown.size(), 5000U);
  const SceneSampler held_out(assets(), vocabulary(), SceneParameters::held_out_words(1));
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const Scene scene = held_out.sample(i);
    ASSERT_EQ(scene.signs.size(), 1U);
    EXPECT_EQ(scene.signs[0].kind, TextKind::open_word);
    EXPECT_FALSE(shown.contains(scene.signs[0].text)) << scene.signs[0].text;
  }
}

TEST(SceneSampler, SignsAndObjectsStayInsideAndApart) {
  for (const int size : {96, 224}) {
    SceneParameters parameters = SceneParameters::pretraining(4);
    parameters.size = size;
    const SceneSampler sampler(assets(), vocabulary(), parameters);
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const Scene scene = sampler.sample(i);
      std::vector<Box> boxes;
      for (const Sign& sign : scene.signs) boxes.push_back(bounding_box(sign.corners));
      for (const SceneObject& object : scene.objects) {
        const auto& [x, y] = object.centre;
        boxes.push_back({x - object.radius, y - object.radius, x + object.radius, y + object.radius});
      }
      for (const Box& box : boxes) {
        EXPECT_GE(std::min(box.left, box.top), 0);
        EXPECT_LE(std::max(box.right, box.bottom), static_cast<float>(size));
      }
      const std::size_t signs = scene.signs.size();
      for (std::size_t a = 0; a < boxes.size();
           ++a)  // a plate may reach a pixel or two into an object's slot
        for (std::size_t b = 0; b < a; ++b)
          EXPECT_FALSE((a < signs) == (b < signs) && overlap(boxes[a], boxes[b])) << i;
    }
  }
}

/// Relative luminance of WCAG 2.1, written from the standard.
double luminance(const std::uint8_t* pixel) {
  const auto linear = [](double level) {
    level /= 255;
    return level <= 0.03928 ? level / 12.92 : std::pow((level + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(pixel[0]) + 0.7152 * linear(pixel[1]) + 0.0722 * linear(pixel[2]);
}

TEST(SceneSampler, RenderedTextHasContrastAndHeight) {
  const SceneSampler sampler(assets(), vocabulary(), parameters_of(Split::test));
  const Renderer renderer(assets(), 96);
  for (std::uint64_t i = 0; i < 300; ++i) {
    const Scene scene = sampler.sample(i, 0);  // straight, without blur and noise: rows of ink can be counted
    const auto image = renderer.render(scene);
    const Places places = renderer.places(scene);
    for (std::size_t k = 0; k < scene.signs.size(); ++k) {
      const Box& box = places.signs[k].box;
      std::vector<double> levels;
      for (int y = static_cast<int>(box.top) + 1; y < static_cast<int>(box.bottom); ++y)
        for (int x = static_cast<int>(box.left) + 1; x < static_cast<int>(box.right); ++x)
          levels.push_back(luminance(&image.pixels[static_cast<std::size_t>((y * 96 + x) * 3)]));
      const auto [darkest, lightest] = std::minmax_element(levels.begin(), levels.end());
      EXPECT_GE((*lightest + 0.05) / (*darkest + 0.05), 3) << caption_of(scene);

      const double plate = levels.front(), ink = plate - *darkest > *lightest - plate ? *darkest : *lightest;
      int rows = 0;
      const int width = static_cast<int>(box.right) - static_cast<int>(box.left) - 1;
      for (std::size_t row = 0; row * static_cast<std::size_t>(width) < levels.size(); ++row) {
        const auto start = levels.begin() + static_cast<std::ptrdiff_t>(row) * width;
        rows += std::any_of(start, start + width, [&](double level) {
          return std::abs(level - plate) > 0.3 * std::abs(ink - plate);
        });
      }
      EXPECT_GE(rows, 10) << caption_of(scene);
    }
  }
}

TEST(SceneSampler, ObjectsOfASceneDifferInKindAndHaveTheirNamedColor) {
  const SceneSampler sampler(assets(), vocabulary(), SceneParameters{});
  std::set<int> counts;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const Scene scene = sampler.sample(i);
    EXPECT_FALSE(scene.signs.empty() && scene.objects.empty());
    counts.insert(static_cast<int>(scene.objects.size()));
    std::set<int> kinds;
    for (const SceneObject& object : scene.objects) {
      EXPECT_TRUE(kinds.insert(object.kind).second);
      EXPECT_GE(contrast_ratio(object.ink, object.badge), 3) << caption_of(scene);
      int nearest = 0;  // of the named colours, by the ink alone
      const auto distance = [&](int style) {
        const Rgb named = kSignStyles[static_cast<std::size_t>(style)].plate;
        return std::abs(named.red - object.ink.red) + std::abs(named.green - object.ink.green) +
               std::abs(named.blue - object.ink.blue);
      };
      for (int style = 1; style < static_cast<int>(kSignStyles.size()); ++style)
        if (distance(style) < distance(nearest)) nearest = style;
      EXPECT_EQ(nearest, object.color);
    }
  }
  EXPECT_TRUE(counts.contains(0) && counts.contains(4));
}

TEST(SceneSampler, DifficultyZeroIsOneStraightSignOnOneColor) {
  const SceneSampler sampler(assets(), vocabulary(), SceneParameters::pretraining(1));
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Scene scene = sampler.sample(i, 0);
    EXPECT_LE(scene.signs.size(), 1U);
    EXPECT_EQ(scene.backdrop.background, -1);
    EXPECT_EQ(scene.blur, 0);
    EXPECT_EQ(scene.noise, 0);
    for (const Sign& sign : scene.signs) EXPECT_FLOAT_EQ(sign.corners[0].y, sign.corners[1].y);
  }
}

TEST(SceneSampler, ParametersThatLeaveNoRoomAreRefused) {
  SceneParameters parameters;
  parameters.font_size_min = parameters.font_size_max = 90;
  EXPECT_THROW((void)SceneSampler(assets(), vocabulary(), parameters).sample(0), Error);
  parameters = {};
  parameters.layouts = {0, 0, 0, 0, 0, 0};
  EXPECT_THROW(SceneSampler(assets(), vocabulary(), parameters), Error);
}

}  // namespace
}  // namespace imp::harness
