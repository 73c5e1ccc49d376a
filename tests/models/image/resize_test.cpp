// SPDX-License-Identifier: Apache-2.0
#include "models/image/resize.h"

#include <gtest/gtest.h>

#include "models/io/error.h"
#include "models/io/hash.h"
#include "tests/models/image/image_cases.h"

namespace imp::models {
namespace {

TEST(Resize, EveryBitIsThatOfPillow) {
  int count = 0;
  for (const nlohmann::json& value : image_cases()["resized"]) {
    const Image result = resize(image_of(value), value["to"][0], value["to"][1],
                                static_cast<Filter>(value["filter"].get<int>()));
    EXPECT_TRUE(result.pixels == from_base64(value["expected"].get<std::string>()))
        << value["width"] << " x " << value["height"] << " to " << value["to"] << " filter "
        << value["filter"];
    ++count;
  }
  EXPECT_GE(count, 40);
}

TEST(ResizeRegion, IsThatPartOfTheResizedPicture) {
  for (std::uint64_t round = 0; round < 300; ++round) {
    const auto draw = [&](std::uint64_t counter, std::int32_t most) {
      return 1 +
             static_cast<std::int32_t>(counter_random(8, round, counter) % static_cast<std::uint64_t>(most));
    };
    Image image = blank_image(draw(0, 60), draw(1, 60));
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      image.pixels[i] = static_cast<std::uint8_t>(counter_random(9, round, i));
    const std::int32_t width = draw(2, 60), height = draw(3, 60);
    Region region{0, 0, draw(4, width), draw(5, height)};
    region.left = draw(6, width - region.width + 1) - 1;
    region.top = draw(7, height - region.height + 1) - 1;
    const Image whole = resize(image, width, height, Filter::bicubic);
    std::int32_t rows = 0;
    resize_region(
        image, width, height, Filter::bicubic, region, [&](std::int32_t y, const std::uint8_t* row) {
          ASSERT_EQ(y, rows++);
          const auto place = std::ptrdiff_t{3} * ((region.top + y) * width + region.left);
          ASSERT_TRUE(std::equal(row, row + 3 * region.width, whole.pixels.begin() + place)) << round;
        });
    EXPECT_EQ(rows, region.height);
  }
  EXPECT_THROW(resize_region(blank_image(3, 3), 4, 4, Filter::box, {2, 0, 3, 4}, {}), Error);
}

TEST(Resize, SidesMustBePositive) {
  EXPECT_THROW((void)resize(blank_image(3, 3), 0, 4, Filter::box), Error);
  EXPECT_THROW((void)resize({}, 4, 4, Filter::box), Error);
}

TEST(ExpandToSquare, ThePictureStandsInTheMiddle) {
  Image image = blank_image(4, 1);
  std::fill(image.pixels.begin(), image.pixels.end(), 9);
  const Image square = expand_to_square(image, {1, 2, 3});
  EXPECT_EQ(square.width, 4);
  EXPECT_EQ(square.height, 4);
  for (std::size_t y = 0; y < 4; ++y) {
    EXPECT_EQ(square.pixels[y * 12], y == 1 ? 9 : 1)
        << y;  // (4 - 1) // 2 rows above, as LLaVA's expand2square
    EXPECT_EQ(square.pixels[y * 12 + 2], y == 1 ? 9 : 3) << y;
  }
}

}  // namespace
}  // namespace imp::models
