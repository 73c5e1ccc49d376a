// SPDX-License-Identifier: Apache-2.0
// Pictures as people's data have them, some under another format's name. expected.txt has, of each, the size
// of the pixel values, their sum and the sum of their magnitudes by transformers' CLIP processor on Pillow's
// convert('RGB'), or the refusal.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "models/image/codec.h"
#include "models/image/image_processor.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(IMP_TEST_DATA) / "images" / "field";

std::string summary_of(const std::string& name, const ImageProcessor& processor) {
  PixelValues pixels;
  try {
    pixels = processor.process(read_image(kFolder / name));
  } catch (const Error& error) {
    return std::string(error.what()).substr(kFolder.string().size() + 1);
  }
  double sum = 0, magnitude = 0;
  for (const float value : pixels.values) {
    sum += value;
    magnitude += std::fabs(value);
  }
  return fmt::format("3x{}x{} {:.1f} {:.1f}", pixels.height, pixels.width, sum, magnitude);
}

TEST(FieldPictures, PixelValuesAreThoseOfPillowAndTransformers) {
  const ImageProcessor processor = ImageProcessor::load(kFolder);
  std::istringstream lines(read_file(kFolder / "expected.txt"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const std::string name = line.substr(0, line.find(':'));
    EXPECT_EQ(summary_of(name, processor), line.substr(name.size() + 2)) << name;
  }
  EXPECT_EQ(count, 23);
}

}  // namespace
}  // namespace imp::models
