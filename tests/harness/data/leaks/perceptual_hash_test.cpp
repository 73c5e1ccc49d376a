// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/perceptual_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "harness/data/random.h"
#include "models/image/codec.h"
#include "models/image/resize.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

std::uint64_t number_of(const nlohmann::json& text) {
  return std::stoull(text.get<std::string>(), nullptr, 16);
}

/// A smooth picture of a few waves and a little noise.
models::Image waves(int width, int height, std::uint64_t seed) {
  Random random(seed, 0);
  struct Wave {
    double x, y, phase, strength;
  };
  std::vector<Wave> all;
  for (int i = 0; i < 6; ++i)
    all.push_back(
        {random.uniform(-14, 14), random.uniform(-14, 14), random.uniform(0, 6), random.uniform(8, 30)});
  models::Image image = models::blank_image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        double level = 128 + random.uniform(-4, 4);
        for (const Wave& wave : all)
          level += wave.strength * std::sin(wave.x * x / width + wave.y * y / height + wave.phase + c);
        image.pixels[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                      static_cast<std::size_t>(x)) *
                         3 +
                     static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(std::clamp(level, 0.0, 255.0));
      }
  return image;
}

std::uint64_t hash_of(const std::string& bytes) {
  return perceptual_hash(
      models::decode_reduced_gray(std::as_bytes(std::span(bytes)), "picture", kHashedSide));
}

TEST(PerceptualHash, IsWhatPillowAndNumPyGive) {
  const nlohmann::json expected =
      nlohmann::json::parse(read_file(std::string(IMP_TEST_DATA) + "/leaks/hashes.json"));
  ASSERT_GE(expected.size(), 15U);
  int doubtful_bits = 0;
  for (const auto& [name, values] : expected.items()) {
    const auto gray = models::read_reduced_gray(std::string(IMP_TEST_DATA) + "/images/" + name, kHashedSide);
    const std::uint64_t doubtful = number_of(values["doubtful"]);
    doubtful_bits += std::popcount(doubtful);
    EXPECT_EQ(perceptual_hash(gray) & ~doubtful, number_of(values["hash"]) & ~doubtful) << name;
  }
  EXPECT_LE(doubtful_bits, static_cast<int>(4 * expected.size()));
}

TEST(PerceptualHash, BitsAreTheWavesOfAPictureFromTopToBottomAndLeftToRight) {
  models::GrayImage image{64, 64, std::vector<std::uint8_t>(64 * 64)};
  Random random(1, 0);
  for (int u = 0; u < 8; ++u)
    for (int v = 0; v < 8; ++v) {
      for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x)
          // Rounded at random, since plain rounding adds waves of its own.
          image.pixels[static_cast<std::size_t>(64 * y + x)] =
              static_cast<std::uint8_t>(std::floor(random.uniform() + 128 +
                                                   60 * std::cos(std::numbers::pi * (y + 0.5) * u / 64) *
                                                       std::cos(std::numbers::pi * (x + 0.5) * v / 64)));
      EXPECT_EQ(perceptual_hash(image), u + v == 0 ? 0 : std::uint64_t{1} << (8 * u + v)) << u << " " << v;
    }
}

TEST(PerceptualHash, PlainSurfacesHashToNothingWhateverTheirNoise) {
  Random random(3, 0);
  for (const int noise : {0, 1, 2}) {
    models::GrayImage image{100, 70, std::vector<std::uint8_t>(7000, 200)};
    for (std::uint8_t& level : image.pixels)
      level = static_cast<std::uint8_t>(level + random.below(noise + 1));
    EXPECT_EQ(perceptual_hash(image), 0U) << noise;
  }
  EXPECT_EQ(perceptual_hash({}), 0U);
}

// Exact copies are sought among near hashes only: a PNG of a JPEG's pixels, which is decoded whole, must come
// near to the JPEG, which is decoded at an eighth of its size.
TEST(PerceptualHash, AJpegAndAPngOfItsPixelsAreNearWhateverTheSize) {
  int farthest = 0;
  std::uint64_t seed = 0;
  for (const auto& [width, height] :
       {std::pair{31, 90}, {96, 96}, {130, 140}, {257, 200}, {300, 520}, {640, 480}, {803, 601}})
    for (int i = 0; i < 3; ++i) {
      const std::string jpeg = models::encode_jpeg(waves(width, height, ++seed), 60);
      const std::string png =
          models::encode_png(models::decode_image(std::as_bytes(std::span(jpeg)), "jpeg"));
      farthest = std::max(farthest, std::popcount(hash_of(jpeg) ^ hash_of(png)));
    }
  EXPECT_LE(farthest, 2);
}

TEST(PerceptualHash, CopiesAreNearAndOtherPicturesFar) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const models::Image image = waves(200, 160, seed);
    const std::uint64_t hash = hash_of(models::encode_png(image));
    const auto bits_from = [&](const std::string& bytes) { return std::popcount(hash ^ hash_of(bytes)); };
    EXPECT_LE(bits_from(models::encode_jpeg(image, 30)), 6);
    EXPECT_LE(bits_from(models::encode_png(models::resize(image, 100, 80, models::Filter::bicubic))), 6);
    EXPECT_GT(bits_from(models::encode_png(waves(200, 160, seed + 1000))), 6);
  }
}

}  // namespace
}  // namespace imp::harness
