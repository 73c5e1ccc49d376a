// SPDX-License-Identifier: Apache-2.0
#include "models/image/image_processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "models/io/error.h"
#include "tests/models/image/image_cases.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

class ImageProcessorFile : public ::testing::Test {
 protected:
  ImageProcessorFile()
      : folder_(fs::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {}
  ~ImageProcessorFile() override { fs::remove_all(folder_); }

  ImageProcessor load(const json& config, const char* name = "preprocessor_config.json") const {
    fs::remove_all(folder_);
    write_file_atomically(folder_ / name, config.dump());
    return ImageProcessor::load(folder_);
  }

  std::string refusal_of(const json& config) const {
    try {
      (void)load(config);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("preprocessor_config.json"));
      return error.what();
    }
    return "not refused";
  }

  fs::path folder_;
};

TEST_F(ImageProcessorFile, PixelValuesAreThoseOfTransformersBitForBit) {
  int count = 0;
  for (const json& value : image_cases()["processed"]) {
    const PixelValues result = load(value["config"]).process(image_of(value));
    const std::vector<std::uint8_t> expected = from_base64(value["expected"].get<std::string>());
    EXPECT_EQ(json({3, result.height, result.width}), value["shape"]) << value["config"];
    ASSERT_EQ(result.values.size() * sizeof(float), expected.size()) << value["config"];
    EXPECT_EQ(std::memcmp(result.values.data(), expected.data(), expected.size()), 0) << value["config"];
    ++count;
  }
  EXPECT_GE(count, 16);
}

TEST_F(ImageProcessorFile, TheJointFileOfTransformers5IsRead) {
  const json config = {
      {"image_processor",
       {{"image_processor_type", "SiglipImageProcessorPil"}, {"size", {{"height", 8}, {"width", 6}}}}},
      {"processor_class", "LlavaProcessor"}};
  const PixelValues result = load(config, "processor_config.json").process(blank_image(30, 20));
  EXPECT_EQ(result.height, 8);
  EXPECT_EQ(result.width, 6);
  EXPECT_EQ(result.values.front(), -1.0F);
}

TEST_F(ImageProcessorFile, PaddingHasTheMeansColour) {
  const ImageProcessor clip =
      load({{"image_processor_type", "CLIPImageProcessor"}, {"size", 10}, {"crop_size", 10}});
  const PixelValues result = clip.process_padded(blank_image(20, 2));
  EXPECT_EQ(result.height, 10);
  EXPECT_NEAR(result.values[0], 0.0F,
              1.0F / 255 / 0.26F);  // int(255 * mean), so up to one level below the mean
  EXPECT_LT(result.values[45], -0.5F);
}

TEST_F(ImageProcessorFile, WhatIsNotKnownIsRefusedByKey) {
  const json siglip = {{"image_processor_type", "SiglipImageProcessor"}};
  const auto with = [&](const char* key, const json& value) {
    json config = siglip;
    config[key] = value;
    return refusal_of(config);
  };
  EXPECT_THAT(refusal_of({{"image_processor_type", "Qwen2VLImageProcessor"}}),
              HasSubstr("Qwen2VLImageProcessor"));
  EXPECT_THAT(refusal_of(json::object()), HasSubstr("image_processor_type"));
  EXPECT_THAT(refusal_of(json::array()), HasSubstr("object"));
  EXPECT_THAT(with("size", {{"longest_edge", 3}}), HasSubstr("'size'"));
  EXPECT_THAT(with("size", 0), HasSubstr("'size'"));
  EXPECT_THAT(with("resample", 0), HasSubstr("'resample'"));
  EXPECT_THAT(with("image_mean", {1, 2}), HasSubstr("'image_mean'"));
  EXPECT_THAT(with("image_std", {1, 2, 0}), HasSubstr("'image_std'"));
  EXPECT_THAT(with("do_resize", "yes"), HasSubstr("preprocessor_config.json"));
  EXPECT_THROW((void)ImageProcessor::load("no/such/folder"), Error);
}

}  // namespace
}  // namespace imp::models
