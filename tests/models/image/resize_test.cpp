// SPDX-License-Identifier: Apache-2.0
#include "models/image/resize.h"

#include <gtest/gtest.h>

#include "models/io/error.h"
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
