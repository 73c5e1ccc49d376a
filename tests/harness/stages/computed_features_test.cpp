// SPDX-License-Identifier: Apache-2.0
// Features that are computed as they are asked for are those that a features stage would have stored.
#include "harness/stages/computed_features.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "harness/plan/plan.h"
#include "harness/stages/feature_store.h"
#include "models/io/error.h"
#include "tests/harness/preflight/small_sweep.h"

namespace imp::harness {
namespace {

class Silent : public StageObserver {
 public:
  void on_step(const StepRecord&, int64_t) override {}
  void on_units(int64_t, int64_t, const std::string&) override {}
  void on_warning(const std::string&) override {}
};

/// A small sweep whose stages are made one by one.
class Computed : public testing::Test {
 protected:
  void plan(const std::map<std::string, std::string>& keys) {
    sweep_.write(keys);
    plan_ = make_plan(load_sweep(sweep_.file()), sweep_.runs());
  }
  [[nodiscard]] const StageRequest& request(const std::string& kind) const {
    const StageList& stages = plan_.trials.front().stages;
    return *std::find_if(stages.begin(), stages.end(), [&](const auto& stage) { return stage.kind == kind; });
  }
  [[nodiscard]] StageContext context(const std::string& kind) {
    lease_.reset();  // before it is taken again
    lease_.emplace(store_.claim(request(kind), stop_));
    return {plan_.trials.front().trial,
            plan_.sweep.spec,
            request(kind),
            store_,
            store_.begin(request(kind), *lease_, false),
            stop_,
            observer_,
            work_};
  }
  void make(const std::string& kind) {
    if (store_.has(request(kind))) return;  // data are the same in each number format
    make_stage(context(kind));
    store_.publish(request(kind), *lease_, {});
  }

  const harness::test::SmallSweep sweep_;
  const StageStore store_{sweep_.runs()};
  const std::atomic<bool> stop_{false};
  const std::vector<std::string> names_{"a.jpg", "a.jpg"};
  Plan plan_;
  Silent observer_;
  StageWork work_;
  std::optional<Lease> lease_;
};

TEST_F(Computed, AreTheStoredOnesInEachNumberFormat) {
  for (const char* dtype : {"float32", "bfloat16"}) {
    plan({{"dtype", dtype}});
    make("data");
    const StageContext training = context("connector");
    const std::unique_ptr<PictureFeatures> computed = open_features(training, "train");
    ASSERT_NE(dynamic_cast<ComputedFeatures*>(computed.get()), nullptr);
    const at::Tensor features = computed->gather(names_);
    const double flops = work_.flops;
    EXPECT_GT(flops, 0);

    make("features");
    const std::unique_ptr<PictureFeatures> stored = open_features(training, "train");
    ASSERT_NE(dynamic_cast<FeatureStore*>(stored.get()), nullptr);
    EXPECT_EQ(computed->image_tokens(), stored->image_tokens());
    EXPECT_EQ(computed->hidden(), stored->hidden());
    EXPECT_EQ(features.scalar_type(), at::kFloat);
    const double step = dtype == std::string("bfloat16") ? 0.01 : 1e-5;  // the next number, at most
    EXPECT_TRUE(at::allclose(features, stored->gather(names_), step, step)) << dtype;
    EXPECT_TRUE(at::allclose(computed->mean(), stored->mean(), step, step)) << dtype;
  }
}

TEST_F(Computed, OfAPictureThatIsNotThereAreRefused) {
  plan({});
  make("data");
  const StageContext training = context("connector");
  EXPECT_THROW((void)open_features(training, "train")->gather({"z.jpg"}), Error);
}

}  // namespace
}  // namespace imp::harness
