// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/picture_batches.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "models/image/codec.h"
#include "models/io/error.h"
#include "tests/harness/stages/noisy_pictures.h"

namespace imp::harness {
namespace {

models::ImageProcessorConfig processing(const models::ResizeTarget& size) {
  models::ImageProcessorConfig made;
  made.size = size;
  return made;
}

class Batches : public testing::Test {
 protected:
  Batches() {
    std::vector<std::string> names;
    for (int i = 0; i < 11; ++i) names.push_back(fmt::format("{}.png", i));
    write_noisy_pictures(folder_, names);
    for (const std::string& name : names) files_.push_back(folder_.path() / "pictures" / name);
  }
  /// All batches; what reading threw is thrown.
  [[nodiscard]] std::vector<at::Tensor> all(int64_t batch, int ahead, int threads) const {
    PictureBatches batches(files_, processor_, batch, ahead, {threads, false});
    std::vector<at::Tensor> read;
    for (at::Tensor pixels = batches.next(); pixels.defined(); pixels = batches.next())
      read.push_back(pixels);
    EXPECT_FALSE(batches.next().defined());
    return read;
  }

  const TemporaryFolder folder_;
  std::vector<std::filesystem::path> files_;
  const models::ImageProcessor processor_{processing({16, 16, 0})};
};

TEST_F(Batches, AreThePicturesInOrderHoweverManyReadThem) {
  std::vector<at::Tensor> one_by_one;
  for (const std::filesystem::path& file : files_) {
    const models::PixelValues pixels = processor_.process(models::read_image(file));
    one_by_one.push_back(at::tensor(pixels.values).view({1, 3, 16, 16}));
  }
  const at::Tensor expected = at::cat(one_by_one);
  for (const int ahead : {0, 1, 3}) {
    for (const int threads : {1, 4}) {
      const std::vector<at::Tensor> read = all(4, ahead, threads);
      ASSERT_EQ(read.size(), 3U);
      EXPECT_EQ(read.back().size(0), 3);
      EXPECT_TRUE(at::equal(at::cat(read), expected)) << ahead << " ahead, " << threads << " threads";
    }
  }
}

TEST_F(Batches, BeforeAPictureThatCannotBeReadAreGivenAndThenItsError) {
  folder_.write("pictures/5.png", "no picture");
  for (const int ahead : {0, 2}) {
    PictureBatches batches(files_, processor_, 4, ahead, {2, false});
    EXPECT_EQ(batches.next().size(0), 4);
    try {
      (void)batches.next();
      FAIL() << "read";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("5.png"));
    }
  }
}

TEST_F(Batches, OfDifferentSizesAreRefusedByName) {
  const models::ImageProcessor keeps_aspect{processing({0, 0, 16})};
  try {
    (void)load_pixel_values(files_, keeps_aspect);
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::ContainsRegex("[0-9]+\\.png: becomes pixel values of 16 x [0-9]+ beside"));
  }
}

TEST_F(Batches, ThatNobodyTakesEndWithTheirReader) {
  for (int i = 0; i < 20; ++i) {
    PictureBatches batches(files_, processor_, 1, 2, {2, false});
    if (i % 2 == 1) {
      EXPECT_TRUE(batches.next().defined());
    }
    if (i % 3 == 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the reader waits for a place
  }
}

TEST_F(Batches, OfNoFilesAreNone) {
  const std::vector<std::filesystem::path> none;
  PictureBatches batches(none, processor_, 4, 2, {});
  EXPECT_FALSE(batches.next().defined());
  EXPECT_EQ(load_pixel_values({}, processor_).size(0), 0);
}

}  // namespace
}  // namespace imp::harness
