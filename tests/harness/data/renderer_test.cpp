// SPDX-License-Identifier: Apache-2.0
#include "harness/data/renderer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>
#include <vector>

#include "harness/data/scene_sampler.h"
#include "models/io/error.h"
#include "models/io/parallel_for.h"
#include "tests/growth.h"
#include "tests/harness/data/shared_assets.h"

namespace imp::harness {
namespace {

using testing::assets;
using testing::vocabulary;

const SceneSampler& sampler() {
  static const SceneSampler made(assets(), vocabulary(), SceneParameters::pretraining(3));
  return made;
}

/// The scene as it would look without blur, so that every pixel has one cause.
Scene sharp_scene(std::uint64_t index) {
  Scene scene = sampler().sample(index);
  scene.blur = scene.noise = 0;
  return scene;
}

TEST(Renderer, OutsideThePlacesOnlyTheBackdropIsSeen) {
  const Renderer renderer(assets(), 96);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const Scene scene = sharp_scene(i);
    Scene empty = scene;
    empty.signs.clear();
    empty.objects.clear();
    const auto full = renderer.render(scene), bare = renderer.render(empty);
    const Places places = renderer.places(scene);
    std::vector<Box> boxes;
    for (const SignPlace& sign : places.signs) boxes.push_back(sign.box);
    boxes.insert(boxes.end(), places.objects.begin(), places.objects.end());
    for (int y = 0; y < 96; ++y)
      for (int x = 0; x < 96; ++x) {
        const Box pixel{static_cast<float>(x), static_cast<float>(y), static_cast<float>(x) + 1,
                        static_cast<float>(y) + 1};
        if (std::any_of(boxes.begin(), boxes.end(), [&](const Box& box) { return overlap(box, pixel); }))
          continue;
        const auto at = static_cast<std::size_t>((y * 96 + x) * 3);
        ASSERT_TRUE(std::equal(&full.pixels[at], &full.pixels[at] + 3, &bare.pixels[at]))
            << i << " " << x << " " << y;
      }
  }
}

TEST(Renderer, EveryGlyphHasInkAroundItsCentreAndCentresGoLeftToRight) {
  const Renderer renderer(assets(), 96);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Scene scene = sharp_scene(i);
    const auto image = renderer.render(scene);
    const Places places = renderer.places(scene);
    ASSERT_EQ(places.signs.size(), scene.signs.size());
    for (std::size_t k = 0; k < scene.signs.size(); ++k) {
      const Sign& sign = scene.signs[k];
      const auto& glyphs = places.signs[k].glyphs;
      ASSERT_EQ(glyphs.size(), sign.text.size());
      const int contrast = std::abs(sign.plate.red - sign.ink.red) +
                           std::abs(sign.plate.green - sign.ink.green) +
                           std::abs(sign.plate.blue - sign.ink.blue);
      for (std::size_t g = 0; g < glyphs.size(); ++g) {
        if (g > 0) {
          EXPECT_GT(glyphs[g].x, glyphs[g - 1].x);
        }
        int nearest =
            3 * 255;  // of the pixels around, from the ink's colour; an O is hollow, so up to its rim
        for (int dy = -7; dy <= 7; ++dy)
          for (int dx = -3; dx <= 3; ++dx) {
            const int x = std::clamp(static_cast<int>(glyphs[g].x) + dx, 0, 95);
            const int y = std::clamp(static_cast<int>(glyphs[g].y) + dy, 0, 95);
            const std::uint8_t* pixel = &image.pixels[static_cast<std::size_t>((y * 96 + x) * 3)];
            nearest =
                std::min(nearest, std::abs(pixel[0] - sign.ink.red) + std::abs(pixel[1] - sign.ink.green) +
                                      std::abs(pixel[2] - sign.ink.blue));
          }
        EXPECT_LT(nearest, contrast / 2) << sign.text << " glyph " << g << " of picture " << i;
      }
    }
  }
}

TEST(Renderer, OtherResolutionsShowTheSamePicture) {
  const Renderer small(assets(), 96), large(assets(), 192);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Scene scene = sharp_scene(i);
    const auto low = small.render(scene), high = large.render(scene);
    double difference = 0;
    for (int y = 0; y < 96; ++y)
      for (int x = 0; x < 96; ++x)
        for (int c = 0; c < 3; ++c) {
          int sum = 0;
          for (const auto& [dx, dy] : {std::pair{0, 0}, {1, 0}, {0, 1}, {1, 1}})
            sum += high.pixels[static_cast<std::size_t>(((2 * y + dy) * 192 + 2 * x + dx) * 3 + c)];
          difference += std::abs(sum / 4.0 - low.pixels[static_cast<std::size_t>((y * 96 + x) * 3 + c)]);
        }
    EXPECT_LT(difference / (96 * 96 * 3), 6) << i;
    const Places at_low = small.places(scene), at_high = large.places(scene);
    for (std::size_t s = 0; s < scene.signs.size(); ++s)
      EXPECT_FLOAT_EQ(at_high.signs[s].box.right, 2 * at_low.signs[s].box.right);
    for (std::size_t o = 0; o < scene.objects.size(); ++o)
      EXPECT_FLOAT_EQ(at_high.objects[o].bottom, 2 * at_low.objects[o].bottom);
  }
}

TEST(Renderer, ThreadsShareOneRendererAndDrawTheSame) {
  const Renderer renderer(assets(), 96);
  std::vector<std::vector<std::uint8_t>> alone(60), together(60);
  for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = renderer.render(sampler().sample(i)).pixels;
  parallel_for(60, 4, [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    together[index] = renderer.render(sampler().sample(index)).pixels;
  });
  EXPECT_EQ(alone, together);
}

TEST(Renderer, NoiseHasTheAskedStrengthAndNoBias) {
  const Renderer renderer(assets(), 128);
  Scene scene;
  scene.backdrop.color = {128, 128, 128};
  scene.noise = 6;
  scene.noise_seed = 7;
  const auto image = renderer.render(scene);
  double sum = 0, squares = 0;
  for (const std::uint8_t level : image.pixels) {
    sum += level - 128;
    squares += (level - 128) * (level - 128);
  }
  const auto count = static_cast<double>(image.pixels.size());
  EXPECT_NEAR(sum / count, 0, 0.15);
  EXPECT_NEAR(std::sqrt(squares / count), 6, 0.2);
}

TEST(Renderer, WrongBufferAndTinyResolutionAreRefused) {
  const Renderer renderer(assets(), 96);
  std::vector<std::uint8_t> buffer(100);
  EXPECT_THROW(renderer.render_into(sampler().sample(0), buffer), Error);
  EXPECT_THROW(Renderer(assets(), 4), Error);
}

TEST(Renderer, FourTimesThePixelsAreFourTimesTheWork) {
  constexpr std::uint64_t kPictures = 60;
  const auto draw = [](const Renderer& renderer, std::vector<std::uint8_t>& pixels) {
    for (std::uint64_t i = 0; i < kPictures; ++i) renderer.render_into(sampler().sample(i), pixels);
  };
  const Renderer narrow(assets(), 192), wide(assets(), 384);
  std::vector<std::uint8_t> few(narrow.bytes()), many(wide.bytes());
  constexpr double kMost = 5.0;
  EXPECT_LE(test::growth(
                kMost, [&] { draw(narrow, few); }, [&] { draw(wide, many); }),
            kMost);
}

}  // namespace
}  // namespace imp::harness
