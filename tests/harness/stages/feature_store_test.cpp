// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/feature_store.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/stages/compute_dtype.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/weight_source.h"
#include "tests/harness/stages/noisy_pictures.h"

namespace imp::harness {
namespace {

using testing::HasSubstr;

/// A SigLIP of 16 x 16 pictures and three noisy pictures of other sizes.
class Features : public testing::Test {
 protected:
  Features() { write_noisy_pictures(folder_, names_); }
  static models::VisionConfig config() {
    models::VisionConfig made;
    made.hidden_size = 8;
    made.intermediate_size = 16;
    made.num_hidden_layers = 2;
    made.num_attention_heads = 2;
    made.image_size = 16;
    made.patch_size = 8;
    return made;
  }
  static models::ImageProcessorConfig processing() {
    models::ImageProcessorConfig made;
    made.size = {16, 16, 0};
    return made;
  }
  void write(
      const std::vector<std::string>& names, const std::function<void(int64_t)>& progress = [](int64_t) {},
      at::ScalarType number_format = at::kFloat) const {
    write_features(folder_.path(), "train", names, folder_.path() / "pictures",
                   {tower_, processor_, {{-2}, false}, at::kFloat, number_format}, progress);
  }

  const TemporaryFolder folder_;
  const std::vector<std::string> names_{"b.png", "a.png", "c.png"};
  models::RandomSource weights_{5, 0.3};
  const models::VisionTower tower_{config(), weights_};
  const models::ImageProcessor processor_{processing()};
};

TEST_F(Features, WrittenAndReadAreTheTowers) {
  const at::NoGradGuard no_grad;
  int64_t done = 0;
  write(names_, [&](int64_t now) { done = now; });
  EXPECT_EQ(done, 3);
  const FeatureStore store(folder_.path(), "train");
  EXPECT_EQ(store.image_tokens(), 4);
  EXPECT_EQ(store.hidden(), 8);
  std::vector<at::Tensor> all;
  for (const char* name : {"c.png", "b.png", "a.png"}) {
    all.push_back(
        tower_.features(load_pixel_values({folder_.path() / "pictures" / name}, processor_), {{-2}, false}));
  }
  EXPECT_LT((store.gather({"c.png", "b.png", "a.png"}) - at::cat(all)).abs().max().item<double>(), 1e-5);
  EXPECT_TRUE(at::equal(store.gather({"a.png", "a.png"})[0], store.gather({"a.png"})[0]));
  EXPECT_LT((store.mean() - at::cat(all).mean(0, true)).abs().max().item<double>(), 1e-5);
}

TEST_F(Features, InBfloatTakeHalfTheDiskAndReadAsTheNearestNumbers) {
  const auto file = folder_.path() / "train.safetensors";
  write(names_);
  const at::Tensor wide = FeatureStore(folder_.path(), "train").gather(names_);
  const auto wide_bytes = std::filesystem::file_size(file);
  write(
      names_, [](int64_t) {}, at::kBFloat16);
  EXPECT_EQ(wide_bytes - std::filesystem::file_size(file), 3U * 4 * 8 * 2);
  const FeatureStore store(folder_.path(), "train");
  EXPECT_EQ(store.gather(names_).scalar_type(), at::kFloat);
  const at::Tensor nearest = wide.to(at::kBFloat16).to(at::kFloat);
  EXPECT_TRUE(at::equal(store.gather(names_), nearest));
  EXPECT_LT((store.mean() - nearest.mean(0, true)).abs().max().item<double>(), 1e-5);
}

TEST_F(Features, OfAPictureThatIsNotInTheSetAreRefused) {
  write(names_);
  const FeatureStore store(folder_.path(), "train");
  try {
    (void)store.gather({"a.png", "z.png"});
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'z.png'"));
  }
}

TEST_F(Features, OfACorruptPictureAreRefusedByItsName) {
  folder_.write("pictures/d.png", "no picture");
  try {
    write({"a.png", "d.png"});
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("d.png"));
    EXPECT_EQ(error.exit_code(), 2);
  }
}

TEST_F(Features, WhoseNamesAndRowsDisagreeAreRefused) {
  write(names_);
  folder_.write("train.json", "[\"a.png\"]");
  EXPECT_THROW(FeatureStore(folder_.path(), "train"), Error);
}

TEST_F(Features, TowardsAFolderThatIsNotThereEndAsTheMachinesFault) {
  try {
    write_features(folder_.path() / "nowhere", "train", names_, folder_.path() / "pictures",
                   {tower_, processor_, {{-2}, false}}, [](int64_t) {});
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
  }
}

TEST(ComputeDtype, AutoIsDecidedOnceAFolder) {
  const TemporaryFolder folder;
  EXPECT_EQ(resolve_dtype("float32", folder.path(), 8, 8, 8), at::kFloat);
  EXPECT_EQ(resolve_dtype("bfloat16", folder.path(), 8, 8, 8), at::kBFloat16);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "dtype"));
  const at::ScalarType chosen = resolve_dtype("auto", folder.path(), 64, 32, 32);
  EXPECT_EQ(read_file(folder.path() / "dtype"), chosen == at::kFloat ? "float32" : "bfloat16");
  folder.write("dtype", "bfloat16");  // what a run began with it goes on with
  EXPECT_EQ(resolve_dtype("auto", folder.path(), 64, 32, 32), at::kBFloat16);
  EXPECT_THROW((void)resolve_dtype("float16", folder.path(), 8, 8, 8), Error);
}

TEST_F(Features, WithABrokenListOfPicturesSayWhichFolderToRemove) {
  write(names_);
  for (const char* list :
       {"", "[\"a.png\"", "{}", "[1, 2, 3]", "[\"a.png\"]", "[\"a.png\", null, \"c.png\"]"}) {
    folder_.write("train.json", list);
    try {
      const FeatureStore store(folder_.path(), "train");
      ADD_FAILURE() << "read: " << list;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("train.json: "));
      EXPECT_THAT(error.what(), HasSubstr("; remove " + folder_.path().string() + ", and the next run"));
      EXPECT_THAT(error.what(), testing::Not(HasSubstr("exception")));
    }
  }
}

}  // namespace
}  // namespace imp::harness
