// SPDX-License-Identifier: Apache-2.0
// Whether image features are kept on disk: from the disk that there is, and in no stage's key.
#include "harness/plan/features_choice.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/plan/plan_printer.h"
#include "harness/plan/trial_models.h"
#include "harness/preflight/preflight.h"
#include "models/io/error.h"
#include "tests/harness/preflight/small_sweep.h"

namespace imp::harness {
namespace {

using nlohmann::ordered_json;
using test::finish;
using test::SmallSweep;
using test::write_zeros;
using testing::HasSubstr;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

Plan check(const SmallSweep& sweep, std::int64_t available = 100 * kGiB) {
  return plan_and_check(load_sweep(sweep.file()), sweep.runs(), available);
}

const PlannedStage* find(const Plan& plan, const std::string& kind) {
  const auto found = std::find_if(plan.stages.begin(), plan.stages.end(),
                                  [&](const PlannedStage& stage) { return stage.request->kind == kind; });
  return found == plan.stages.end() ? nullptr : &*found;
}

/// Keys of all stages but the features.
std::map<std::string, std::string> keys(const Plan& plan) {
  std::map<std::string, std::string> keys;
  for (const PlannedStage& stage : plan.stages)
    if (stage.request->kind != "features") keys[stage.request->kind] += stage.request->key;
  return keys;
}

/// Gives the sweep an encoder of SigLIP-SO400M's shape (729 features of 1152 numbers a picture) and 350,000
/// rows of a picture each.
void make_real_size(const SmallSweep& sweep) {
  sweep.edit("zoo/siglip/config.json", [](ordered_json& config) {
    config.update({{"hidden_size", 1152},
                   {"intermediate_size", 4304},
                   {"num_hidden_layers", 27},
                   {"num_attention_heads", 16},
                   {"image_size", 384},
                   {"patch_size", 14}});
  });
  sweep.edit("zoo/siglip/preprocessor_config.json", [](ordered_json& processor) {
    processor["size"] = {{"height", 384}, {"width", 384}};
  });
  write_zeros(sweep.folder() / "zoo/siglip/model.safetensors",
              {{"vision_model.embeddings.patch_embedding.weight", {1152, 3, 14, 14}}});
  std::string rows = "[";
  for (int i = 0; i < 350000; ++i) {
    rows += fmt::format(R"({}{{"id":{:06},"image":"{:06}.jpg","conversations":[]}})", i == 0 ? "" : ",",
                        100000 + i, 100000 + i);
  }
  sweep.write_file("rows.json", rows + "]");
  sweep.write_file("pictures/100000.jpg", "looked for by its name");
}

TEST(FeaturesChoice, AreCachedWhereTheDiskHasRoom) {
  const SmallSweep sweep;
  const Plan plan = check(sweep);
  ASSERT_NE(find(plan, "features"), nullptr);
  EXPECT_FALSE(plan.features->computed);
  EXPECT_THAT(plan_as_text(plan), HasSubstr("features: cached: those of about 1 pictures are 2 KiB"));
}

TEST(FeaturesChoice, ThreeHundredAndFiftyThousandPicturesAreAPossibleStudy) {
  const SmallSweep sweep;
  make_real_size(sweep);
  sweep.write({{"dtype", "bfloat16"}});
  const Plan cached = check(sweep, 1000 * kGiB), computed = check(sweep, 500 * kGiB);

  constexpr std::int64_t kBytes = std::int64_t{350000} * 729 * 1152 * 2;
  EXPECT_FALSE(cached.features->computed);
  ASSERT_NE(find(cached, "features"), nullptr);
  EXPECT_NEAR(static_cast<double>(find(cached, "features")->bytes), static_cast<double>(kBytes),
              0.01 * kBytes);
  EXPECT_THAT(plan_as_text(cached),
              testing::ContainsRegex("features-[0-9a-f]+ +run +1 +unknown +54[0-9]\\.[0-9] GiB"));

  EXPECT_TRUE(computed.features->computed);
  EXPECT_EQ(find(computed, "features"), nullptr);
  EXPECT_LT(computed.bytes, kGiB);
  EXPECT_TRUE(computes_features(computed.trials.front(), computed));
  EXPECT_THAT(plan_as_text(computed),
              testing::ContainsRegex("features: computed as rows come: those of about 3(49,9|50,0)[0-9][0-9] "
                                     "pictures are 54[0-9]\\.[0-9] GiB, and the disk has "
                                     "500\\.0 GiB free\n"));
  EXPECT_EQ(plan_as_json(computed).at("features").at("choice"), "computed");
  EXPECT_EQ(keys(cached), keys(computed));
}

TEST(FeaturesChoice, CachedAgainstTheDiskIsRefusedWithTheRemedy) {
  const SmallSweep sweep;
  make_real_size(sweep);
  sweep.write({{"features", "cached"}});
  try {
    (void)check(sweep, 500 * kGiB);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_THAT(error.what(),
                testing::ContainsRegex("disk has 500\\.0 GiB left; .*--runs; 109[0-9]\\.[0-9] GiB of it are "
                                       "image features, which `features: computed` does not keep"));
  }
}

TEST(FeaturesChoice, ComputedOnesHaveNoStageAndTheSameKeys) {
  const SmallSweep sweep;
  const Plan cached = check(sweep);
  sweep.write({{"features", "computed"}});
  const Plan computed = check(sweep);
  EXPECT_EQ(find(computed, "features"), nullptr);
  EXPECT_FALSE(computed.features.has_value());
  EXPECT_EQ(keys(computed), keys(cached));
  sweep.remove("zoo/siglip/preprocessor_config.json");
  EXPECT_THROW((void)check(sweep), Error) << "the trainings ask the encoder";
}

TEST(FeaturesChoice, FeaturesThatAreThereAreTaken) {
  const SmallSweep sweep;
  finish(sweep, *find(check(sweep), "features")->request);
  for (const char* choice : {"auto", "cached", "computed"}) {
    sweep.write({{"features", choice}});
    const Plan plan = check(sweep, 0);
    ASSERT_NE(find(plan, "features"), nullptr) << choice;
    EXPECT_EQ(find(plan, "features")->status, StageStatus::reuse);
    EXPECT_FALSE(computes_features(plan.trials.front(), plan));
  }
}

TEST(FeaturesChoice, NothingIsMadeForTrainingsThatAreFinished) {
  const SmallSweep sweep;
  for (const PlannedStage& stage : check(sweep).stages)
    if (stage.request->kind != "features") finish(sweep, *stage.request);
  for (const char* choice : {"auto", "cached", "computed"}) {
    sweep.write({{"features", choice}});
    const Plan plan = check(sweep);
    for (const PlannedStage& stage : plan.stages)
      EXPECT_EQ(stage.status, StageStatus::reuse) << stage.request->kind;
  }
}

TEST(FeaturesChoice, NumbersOf16BitsAreAnotherStageAndHalfTheDisk) {
  const SmallSweep sweep;
  const PlannedStage wide = *find(check(sweep), "features");
  sweep.write({{"dtype", "auto"}});
  EXPECT_EQ(find(check(sweep), "features")->request->key, wide.request->key);
  sweep.write({{"dtype", "bfloat16"}});
  const PlannedStage narrow = *find(check(sweep), "features");
  EXPECT_NE(narrow.request->key, wide.request->key);
  EXPECT_EQ(2 * narrow.bytes, wide.bytes);
}

TEST(FeaturesChoice, TimeGrowsWithWhatThereIsToCompute) {
  const SmallSweep sweep;
  const Plan before = check(sweep);
  StageRequest other = *find(before, "features")->request;
  other.parameters["encoder_hash"] = "another";
  other = make_request("features", other.parameters, other.inputs);
  const double flops =
      feature_shape({sweep.folder() / "zoo/phi", sweep.folder() / "zoo/siglip", false}).flops;
  finish(sweep, other, flops / 8);
  EXPECT_DOUBLE_EQ(find(check(sweep), "features")->seconds.value_or(0), 8.0);
}

}  // namespace
}  // namespace imp::harness
