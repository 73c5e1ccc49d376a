// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/picture_leaks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "harness/data/random.h"
#include "models/image/codec.h"
#include "models/image/resize.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Coloured rectangles, a picture of its own for each number.
models::Image drawn(std::uint64_t number) {
  Random random(11, number);
  models::Image image = models::blank_image(120, 90);
  for (int i = 0; i < 14; ++i) {
    const int left = random.below(100), top = random.below(70);
    const int right = left + 8 + random.below(112 - left), bottom = top + 8 + random.below(82 - top);
    const std::uint64_t color = random.bits();
    for (int y = top; y < bottom; ++y)
      for (int x = left; x < right; ++x)
        for (int c = 0; c < 3; ++c)
          image.pixels[static_cast<std::size_t>((y * 120 + x) * 3 + c)] =
              static_cast<std::uint8_t>(color >> (8 * c));
  }
  return image;
}

class PictureLeaksTest : public ::testing::Test {
 protected:
  PictureLeaksTest() : folder_(fs::path(::testing::TempDir()) / "picture_leaks") { fs::remove_all(folder_); }

  void training(const std::string& name, const std::string& bytes) {
    put(training_, "training/" + name, bytes);
  }
  void benchmark(const std::string& name, const std::string& bytes) {
    put(benchmark_, "benchmark/" + name, bytes);
  }

  [[nodiscard]] PictureLeaks found(int threads = 2) const {
    return find_picture_leaks(set_of(training_), set_of(benchmark_), threads,
                              [](const char*, std::size_t, std::size_t) {});
  }
  /// "a = b" for the same pixels, "a ~ b" for nearly the same.
  [[nodiscard]] std::vector<std::string> pairs(int threads = 2) const {
    std::vector<std::string> pairs;
    for (const PicturePair& pair : found(threads).pairs)
      pairs.push_back(training_[pair.training].filename().string() + (pair.exact ? " = " : " ~ ") +
                      benchmark_[pair.benchmark].filename().string());
    return pairs;
  }

 private:
  static PictureSet set_of(const std::vector<fs::path>& paths) {
    return {paths.size(), [&paths](std::size_t number) { return paths[number]; }};
  }
  void put(std::vector<fs::path>& paths, const std::string& name, const std::string& bytes) {
    paths.push_back(folder_ / name);
    if (!bytes.empty()) write_file_atomically(paths.back(), bytes);
  }

  fs::path folder_;
  std::vector<fs::path> training_, benchmark_;
};

TEST_F(PictureLeaksTest, CopiesAreFoundByTheirPixelsWhateverTheFormat) {
  const std::string jpeg = models::encode_jpeg(drawn(1), 80);
  const models::Image decoded = models::decode_image(std::as_bytes(std::span(jpeg)), "jpeg");
  training("other.png", models::encode_png(drawn(2)));
  training("same_pixels.png", models::encode_png(decoded));
  training("compressed.jpg", models::encode_jpeg(decoded, 30));
  training("smaller.png", models::encode_png(models::resize(decoded, 60, 45, models::Filter::bicubic)));
  benchmark("asked.jpg", jpeg);
  benchmark("unrelated.png", models::encode_png(drawn(3)));
  EXPECT_THAT(pairs(), ElementsAre("same_pixels.png = asked.jpg", "compressed.jpg ~ asked.jpg",
                                   "smaller.png ~ asked.jpg"));
}

TEST_F(PictureLeaksTest, NearHashesAloneAreNoLeak) {
  // One of the 64 squares is inverted: few waves change, but the picture shows something else there.
  models::Image changed = drawn(4);
  for (int y = 30; y < 52; ++y)
    for (int x = 40; x < 65; ++x)
      for (int c = 0; c < 3; ++c) {
        std::uint8_t& level = changed.pixels[static_cast<std::size_t>((y * 120 + x) * 3 + c)];
        level = static_cast<std::uint8_t>(level < 128 ? level + 120 : level - 120);
      }
  training("changed.png", models::encode_png(changed));
  benchmark("asked.png", models::encode_png(drawn(4)));
  EXPECT_TRUE(found().pairs.empty());
}

TEST_F(PictureLeaksTest, PlantedCopiesAmongManyAreTheOnlyOnes) {
  std::vector<std::string> planted;
  for (std::uint64_t i = 0; i < 320; ++i) {
    const bool is_copy = i % 40 == 7;
    training("t" + std::to_string(i) + ".jpg", models::encode_jpeg(drawn(is_copy ? 5000 + i : i), 90));
    if (is_copy) planted.push_back("t" + std::to_string(i) + ".jpg ~ b" + std::to_string(i) + ".png");
  }
  for (std::uint64_t i = 0; i < 320; i += 1)
    if (i % 4 == 3) benchmark("b" + std::to_string(i) + ".png", models::encode_png(drawn(5000 + i)));
  ASSERT_EQ(planted.size(), 8U);
  EXPECT_EQ(pairs(1), planted);
  EXPECT_EQ(pairs(4), planted);
}

TEST_F(PictureLeaksTest, PlainPicturesAreTheSameOnlyInOneColour) {
  models::Image white{80, 80, std::vector<std::uint8_t>(3 * 6400, 255)};
  models::Image blue = white;
  for (std::size_t i = 0; i < blue.pixels.size(); i += 3) blue.pixels[i] = blue.pixels[i + 1] = 0;
  training("white.png", models::encode_png(white));
  training("blue.png", models::encode_png(blue));
  training("white.jpg", models::encode_jpeg(white, 50));
  benchmark("asked_white.png", models::encode_png(white));
  EXPECT_THAT(pairs(), ElementsAre("white.png = asked_white.png", "white.jpg = asked_white.png"));
}

TEST_F(PictureLeaksTest, WhatCannotBeReadIsCountedAndNamed) {
  const std::string jpeg = models::encode_jpeg(drawn(1), 80);
  training("absent.jpg", "");
  training("cut.jpg", jpeg.substr(0, jpeg.size() / 2));
  training("page.jpg", "<html>404</html>");
  training("whole.jpg", jpeg);
  benchmark("asked.jpg", jpeg);
  benchmark("gone.jpg", "");
  const PictureLeaks leaks = found();
  EXPECT_THAT(leaks.training.first,
              ElementsAre(HasSubstr("absent.jpg: is absent"), HasSubstr("cut.jpg: the JPEG is cut off"),
                          HasSubstr("page.jpg: ")));
  EXPECT_EQ(leaks.training.count, 3U);
  EXPECT_THAT(leaks.benchmark.first, ElementsAre(HasSubstr("gone.jpg: is absent")));
  EXPECT_THAT(pairs(), ElementsAre("whole.jpg = asked.jpg"));
}

}  // namespace
}  // namespace imp::harness
