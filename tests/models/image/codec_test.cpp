// SPDX-License-Identifier: Apache-2.0
#include "models/image/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/io/error.h"
#include "models/io/hash.h"
#include "tests/models/image/image_cases.h"

namespace imp::models {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal_of(const std::string& bytes) {
  try {
    (void)decode_image(std::as_bytes(std::span(bytes)), "photo");
  } catch (const Error& error) {
    return error.what();
  }
  return "not refused";
}

std::string refusal_of_file(const std::filesystem::path& path) {
  try {
    (void)read_image(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "not refused";
}

Image gradient(std::int32_t width, std::int32_t height) {
  Image image = blank_image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * 7 / 3);
  return image;
}

TEST(DecodeImage, PixelsAreThoseOfPillow) {
  int count = 0;
  for (const auto& [name, expected] : image_cases()["decoded"].items()) {
    const Image image = read_image(image_cases_folder() / name);
    EXPECT_EQ(image.width, expected["width"].get<int>()) << name;
    EXPECT_TRUE(image == image_of(expected)) << name;
    ++count;
  }
  EXPECT_GE(count, 20);
}

TEST(DecodeImage, WhatIsNoPictureIsRefused) {
  EXPECT_THAT(refusal_of(""), AllOf(HasSubstr("photo"), HasSubstr("0 bytes")));
  EXPECT_THAT(refusal_of("GIF89a..."), AllOf(HasSubstr("photo"), HasSubstr("GIF")));
  EXPECT_THAT(refusal_of("<html>404</html>"), HasSubstr("web page"));
  EXPECT_THAT(refusal_of("\xff\xd8"), HasSubstr("photo"));
  EXPECT_THROW((void)read_image("no/such/file.png"), Error);
  EXPECT_THAT(refusal_of_file(IMP_TEST_DATA), HasSubstr("is a folder"));
  EXPECT_THAT(refusal_of_file("/dev/zero"), HasSubstr("no regular file"));
}

TEST(DecodeImage, EveryTruncationIsRefused) {
  for (const char* name :
       {"444.jpg", "progressive.jpg", "gray.jpg", "cmyk.jpg", "rgb.png", "palette.png", "gray16.png"}) {
    const std::string whole = read_file(image_cases_folder() / name);
    // Past the last row nothing but an end marker follows, and Pillow too takes a picture without one.
    for (std::size_t length = 0; length + 24 < whole.size(); ++length) {
      EXPECT_NE(refusal_of(whole.substr(0, length)), "not refused") << name << " cut to " << length;
    }
  }
}

TEST(DecodeImage, DamageNeverCrashes) {
  for (const auto& [name, expected] : image_cases()["decoded"].items()) {
    const std::string whole = read_file(image_cases_folder() / name);
    for (std::uint64_t round = 0; round < 60; ++round) {
      std::string damaged = whole;
      for (std::uint64_t i = 0; i < 1 + round % 4; ++i) {
        damaged[counter_random(1, round, 2 * i) % damaged.size()] =
            static_cast<char>(counter_random(1, round, 2 * i + 1));
      }
      (void)refusal_of(damaged);
    }
  }
}

TEST(DecodeImage, ADecompressionBombIsRefusedByItsHeader) {
  // 65500 x 65500, the largest JPEG: the frame header of a small one rewritten.
  std::string bomb = encode_jpeg(gradient(8, 8), 90);
  const std::size_t frame = bomb.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  for (const std::size_t place : {frame + 5, frame + 7}) {
    bomb[place] = static_cast<char>(0xff);
    bomb[place + 1] = static_cast<char>(0xdc);
  }
  EXPECT_THAT(refusal_of(bomb), AllOf(HasSubstr("65500"), HasSubstr("178956970")));
}

TEST(EncodePng, RoundTripIsExact) {
  const Image image = gradient(31, 17);
  const std::string bytes = encode_png(image);
  EXPECT_TRUE(decode_image(std::as_bytes(std::span(bytes)), "x") == image);
}

TEST(EncodeJpeg, HighQualityStaysClose) {
  const Image image = image_of(image_cases()["decoded"]["444.jpg"]);
  const std::string bytes = encode_jpeg(image, 100);
  const Image back = decode_image(std::as_bytes(std::span(bytes)), "x");
  ASSERT_EQ(back.pixels.size(), image.pixels.size());
  double sum = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    sum += std::abs(int{image.pixels[i]} - int{back.pixels[i]});
  EXPECT_LT(sum / static_cast<double>(image.pixels.size()), 2.0);
  EXPECT_THROW((void)encode_jpeg({}, 90), Error);
}

}  // namespace
}  // namespace imp::models
