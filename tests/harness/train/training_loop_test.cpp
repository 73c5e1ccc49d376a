// SPDX-License-Identifier: Apache-2.0
#include "harness/train/training_loop.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "harness/train/training_checkpoint.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using models::test::random_tensor;
using testing::HasSubstr;

constexpr int64_t kEpoch = 10;  ///< steps

/// Pulls a vector towards a target that depends on the step; two micro-batches a step.
class Pull : public TrainingTask {
 public:
  explicit Pull(int64_t steps) : steps_(steps) {}
  std::vector<ParameterGroup> parameter_groups() override {
    ParameterGroup group;
    group.parameters = {{"w", weight}};
    group.learning_rate = 0.1;
    group.weight_decay = 0.01;
    return {group};
  }
  [[nodiscard]] int64_t total_steps() const override { return steps_; }
  [[nodiscard]] int64_t steps_per_epoch() const override { return std::min<int64_t>(steps_, kEpoch); }
  [[nodiscard]] int64_t micro_batches(int64_t) const override { return 2; }
  MicroBatchLoss forward(int64_t step, int64_t micro) override {
    if (step == stop_at && stop != nullptr) stop->store(true);
    if (empty_steps.contains(step)) return {};
    const at::Tensor target = random_tensor({8}, static_cast<uint64_t>(10 * step + micro));
    at::Tensor loss = (weight - target).square().mean();
    if (step == bad_step) loss = loss * bad_factor;
    return {loss, 3, 1.0, flops};
  }

  at::Tensor weight = random_tensor({8}, 1).set_requires_grad(true);
  std::atomic<bool>* stop = nullptr;
  int64_t stop_at = -1, bad_step = -1;
  std::set<int64_t> empty_steps;  ///< that have nothing to learn
  double bad_factor = std::numeric_limits<double>::quiet_NaN();
  double flops = 7e9;  ///< of a micro-batch

 private:
  int64_t steps_;
};

class TrainingLoop : public testing::Test {
 protected:
  TrainingLoop() {
    std::string name = (fs::temp_directory_path() / "imp-train-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~TrainingLoop() override { fs::remove_all(folder_); }

  [[nodiscard]] TrainingOptions options(const std::string& name) const {
    TrainingOptions made;
    made.folder = folder_ / name;
    made.grad_clip = 1.0;
    made.checkpoint_every = 4;
    fs::create_directories(made.folder);
    return made;
  }
  [[nodiscard]] std::string log(const std::string& name) const {
    return read_file(folder_ / name / "train.jsonl");
  }
  /// A log's lines up to the seconds.
  [[nodiscard]] std::string losses(const std::string& name) const {
    std::string text = log(name), kept;
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      kept += text.substr(at, text.find(",\"seconds\"", at) - at) + "\n";
      at = end + 1;
    }
    return kept;
  }

  fs::path folder_;
};

TEST_F(TrainingLoop, StoppedAndStartedAgainEndsWithTheSameBits) {
  Pull whole(13);
  const TrainingSummary expected = run_training(whole, options("whole"));
  Pull first(13);
  std::atomic<bool> stop{false};
  first.stop = &stop;
  first.stop_at = 5;
  TrainingOptions interrupted = options("parts");
  interrupted.stop = &stop;
  EXPECT_THROW((void)run_training(first, interrupted), Interrupted);
  EXPECT_TRUE(fs::exists(folder_ / "parts" / "checkpoint.safetensors"));
  Pull second(13);
  const TrainingSummary summary = run_training(second, options("parts"));
  EXPECT_TRUE(at::equal(second.weight.detach(), whole.weight.detach()));
  EXPECT_EQ(losses("parts"), losses("whole"));
  EXPECT_EQ(summary.steps, expected.steps);
  EXPECT_EQ(summary.tokens, 13 * 2 * 3);
  EXPECT_EQ(summary.flops, 13 * 2 * 7e9);
  EXPECT_EQ(summary.final_loss, expected.final_loss);
  EXPECT_FALSE(fs::exists(folder_ / "parts" / "checkpoint.safetensors"));
}

TEST_F(TrainingLoop, StepsBeyondTheCheckpointAreDoneAndLoggedAgain) {
  Pull whole(13);
  (void)run_training(whole, options("whole"));
  // What a kill after step 6 leaves: a checkpoint of step 4 and a log of 6 lines, the last one half written.
  Pull first(13);
  std::atomic<bool> stop{false};
  first.stop = &stop;
  first.stop_at = 3;
  TrainingOptions interrupted = options("killed");
  interrupted.stop = &stop;
  EXPECT_THROW((void)run_training(first, interrupted), Interrupted);
  { LineWriter(folder_ / "killed" / "train.jsonl").write("{\"step\":5,\"loss\":99}\n{\"step\":6,\"lo"); }
  Pull second(13);
  (void)run_training(second, options("killed"));
  EXPECT_TRUE(at::equal(second.weight.detach(), whole.weight.detach()));
  EXPECT_EQ(losses("killed"), losses("whole"));
}

/// Options of a run with a cooldown of three steps.
TrainingOptions with_cooldown(TrainingOptions options, const fs::path& trunk = {}, bool is_trunk = false) {
  options.schedule = Schedule::warmup_stable_decay;
  options.warmup_ratio = 0.2;
  options.cooldown_ratio = 0.3;
  options.trunk = trunk;
  options.is_trunk = is_trunk;
  return options;
}

TEST_F(TrainingLoop, ThroughTrunksItEndsWithTheBitsOfOnePiece) {
  // Trunks up to the cooldowns of one and of two epochs; runs of one, two and three epochs go on from them.
  Pull to_first(kEpoch), to_second(2 * kEpoch);
  EXPECT_EQ(run_training(to_first, with_cooldown(options("first"), {}, true)).steps, 7);
  EXPECT_EQ(run_training(to_second, with_cooldown(options("second"), folder_ / "first", true)).steps, 17);
  for (const auto& [epochs, trunk] :
       {std::pair{1, "first"}, std::pair{2, "second"}, std::pair{3, "second"}}) {
    const std::string whole_name = fmt::format("whole{}", epochs), name = fmt::format("through{}", epochs);
    Pull whole(epochs * kEpoch), through(epochs * kEpoch);
    const TrainingSummary expected = run_training(whole, with_cooldown(options(whole_name)));
    const TrainingSummary summary = run_training(through, with_cooldown(options(name), folder_ / trunk));
    EXPECT_TRUE(at::equal(through.weight.detach(), whole.weight.detach())) << epochs;
    EXPECT_EQ(losses(name), losses(whole_name)) << epochs;
    EXPECT_EQ(summary.steps, epochs * kEpoch);
    EXPECT_EQ(summary.tokens, expected.tokens);
    EXPECT_FALSE(fs::exists(folder_ / name / "checkpoint.safetensors"));
  }
  EXPECT_TRUE(fs::exists(folder_ / "first" / "checkpoint.safetensors"));
}

TEST_F(TrainingLoop, TrunkAndWhatGoesOnFromItAreResumedWithTheSameBits) {
  Pull whole(2 * kEpoch);
  (void)run_training(whole, with_cooldown(options("whole")));
  // Stopped in the trunk, at its end, at once after it, in the middle and in the cooldown.
  for (const int64_t stop_at : {5, 6, 7, 12, 18}) {
    const std::string trunk = fmt::format("trunk{}", stop_at), name = fmt::format("through{}", stop_at);
    std::atomic<bool> stop{false};
    const auto run = [&](int64_t steps, const TrainingOptions& chosen) {
      Pull task(steps);
      task.stop = &stop;
      task.stop_at = stop_at;
      TrainingOptions stoppable = chosen;
      stoppable.stop = &stop;
      try {
        (void)run_training(task, stoppable);
      } catch (const Interrupted&) {
        stop = false;
        task = Pull(steps);
        (void)run_training(task, chosen);
      }
      stop = false;
      return task.weight.detach();
    };
    (void)run(kEpoch, with_cooldown(options(trunk), {}, true));
    const at::Tensor weight = run(2 * kEpoch, with_cooldown(options(name), folder_ / trunk));
    EXPECT_TRUE(at::equal(weight, whole.weight.detach())) << "stopped at " << stop_at;
    EXPECT_EQ(losses(name), losses("whole")) << "stopped at " << stop_at;
  }
}

TEST_F(TrainingLoop, AFolderThatIsNoFinishedTrunkIsRefused) {
  Pull task(2 * kEpoch);
  EXPECT_THROW((void)run_training(task, with_cooldown(options("through"), folder_ / "nothing")), Error);
  Pull trunk(3 * kEpoch);
  (void)run_training(trunk, with_cooldown(options("longer"), {}, true));
  EXPECT_THROW((void)run_training(task, with_cooldown(options("through"), folder_ / "longer")), Error);
}

TEST_F(TrainingLoop, FlopsOfATaskThatDoesNotCountThemAreNotKnown) {
  Pull task(3);
  task.flops = kUnknownFlops;
  EXPECT_TRUE(std::isnan(run_training(task, options("uncounted")).flops));
}

TEST_F(TrainingLoop, ALossThatIsNotFiniteEndsItWithTheStep) {
  Pull task(5);
  task.bad_step = 2;
  try {
    (void)run_training(task, options("nan"));
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("step 3: the loss is nan"));
    EXPECT_EQ(error.exit_code(), 2);
  }
}

TEST_F(TrainingLoop, AStepWithNothingToLearnLogsNoLossAndIsOneOfZeroGradients) {
  Pull task(6);
  task.empty_steps = {0, 3, 5};
  const TrainingSummary summary = run_training(task, options("empty"));
  EXPECT_THAT(log("empty"), testing::StartsWith("{\"step\":1,\"loss\":null,"));
  EXPECT_THAT(log("empty"), HasSubstr("{\"step\":4,\"loss\":null,"));
  EXPECT_THAT(log("empty"), HasSubstr("\"grad_norm\":0,\"tokens\":0,"));
  EXPECT_EQ(summary.steps, 6);
  EXPECT_EQ(summary.steps_without_loss, 3);
  EXPECT_EQ(summary.tokens, 3 * 2 * 3);
  ASSERT_TRUE(summary.final_loss.has_value());
  EXPECT_THAT(log("empty"), HasSubstr(fmt::format("{{\"step\":5,\"loss\":{},", *summary.final_loss)));

  // PyTorch's trainer divides a sum over nothing by nothing: the loss is NaN, its gradients are zeros.
  class Zeros : public Pull {
   public:
    using Pull::Pull;
    MicroBatchLoss forward(int64_t step, int64_t micro) override {
      MicroBatchLoss part = Pull::forward(step, micro);
      if (zero_steps.contains(step)) part.loss = part.loss * 0.0;
      return part;
    }
    std::set<int64_t> zero_steps{0, 3, 5};
  } zeros(6);
  (void)run_training(zeros, options("zeros"));
  EXPECT_TRUE(at::equal(task.weight.detach(), zeros.weight.detach()));
}

TEST_F(TrainingLoop, WithoutAnyLossHasNoFinalOne) {
  Pull task(3);
  task.empty_steps = {0, 1, 2};
  const TrainingSummary summary = run_training(task, options("none"));
  EXPECT_FALSE(summary.final_loss.has_value());
  EXPECT_EQ(summary.steps_without_loss, 3);
}

TEST_F(TrainingLoop, StepsWithNothingToLearnAreResumedWithTheSameBits) {
  const std::set<int64_t> empty{1, 4, 5, 9};
  Pull whole(13);
  whole.empty_steps = empty;
  const TrainingSummary expected = run_training(whole, options("whole"));
  for (const int64_t stop_at : {2, 5, 6}) {
    const std::string name = fmt::format("parts{}", stop_at);
    Pull first(13);
    std::atomic<bool> stop{false};
    first.empty_steps = empty;
    first.stop = &stop;
    first.stop_at = stop_at;
    TrainingOptions interrupted = options(name);
    interrupted.stop = &stop;
    EXPECT_THROW((void)run_training(first, interrupted), Interrupted);
    Pull second(13);
    second.empty_steps = empty;
    const TrainingSummary summary = run_training(second, options(name));
    EXPECT_TRUE(at::equal(second.weight.detach(), whole.weight.detach())) << name;
    EXPECT_EQ(losses(name), losses("whole")) << name;
    EXPECT_EQ(summary.steps_without_loss, expected.steps_without_loss) << name;
    EXPECT_EQ(summary.final_loss, expected.final_loss) << name;
  }
}

TEST_F(TrainingLoop, ALossThatIsNotFiniteNamesItsDataAndLeavesTheLastCheckpoint) {
  class OnRows : public Pull {
   public:
    OnRows() : Pull(13) {}
    [[nodiscard]] std::string data_of(int64_t step) const override {
      return "rows " + std::to_string(2 * step + 1) + ", " + std::to_string(2 * step + 2);
    }
  };
  OnRows task;
  task.bad_step = 6;
  try {
    (void)run_training(task, options("bad"));
    FAIL() << "went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("step 7: the loss is nan on rows 13, 14; "));
  }
  // Of step 4; what went wrong was of a moment: the next attempt goes on from there.
  OnRows again;
  (void)run_training(again, options("bad"));
  OnRows whole;
  (void)run_training(whole, options("whole"));
  EXPECT_TRUE(at::equal(again.weight.detach(), whole.weight.detach()));
  EXPECT_EQ(losses("bad"), losses("whole"));
}

TEST_F(TrainingLoop, AsksForRoomBeforeEachCheckpoint) {
  Pull task(13);
  TrainingOptions asking = options("room");
  std::vector<int64_t> asked;
  asking.before_checkpoint = [&](int64_t bytes) { asked.push_back(bytes); };
  (void)run_training(task, asking);
  ASSERT_EQ(asked.size(), 3u) << "at steps 4, 8 and 12";
  EXPECT_GE(asked[0], static_cast<int64_t>(3 * 8 * sizeof(float))) << "a vector and its two moments";
}

TEST_F(TrainingLoop, AGradientThatIsNotFiniteEndsItBeforeTheWeightsAreSpoiled) {
  /// sqrt at 0: a finite loss with an infinite gradient.
  class Cusp : public Pull {
   public:
    Cusp() : Pull(3) { weight = at::zeros({1}).set_requires_grad(true); }
    MicroBatchLoss forward(int64_t, int64_t) override { return {weight.abs().sqrt().sum(), 1}; }
  };
  Cusp task;
  EXPECT_THROW((void)run_training(task, options("gradient")), Error);
  EXPECT_EQ(task.weight.item<float>(), 0.0F);
}

TEST_F(TrainingLoop, ObserverAndLogSayTheSame) {
  struct Watch : TrainingObserver {
    void on_step(const StepRecord& record, int64_t total) override {
      EXPECT_EQ(total, 3);
      records.push_back(record);
    }
    std::vector<StepRecord> records;
  } watch;
  Pull task(3);
  TrainingOptions watched = options("watched");
  watched.observer = &watch;
  watched.warmup_ratio = 0.5;  // 2 of 3 steps
  (void)run_training(task, watched);
  ASSERT_EQ(watch.records.size(), 3u);
  EXPECT_EQ(watch.records[0].learning_rate, 0.0);
  EXPECT_EQ(watch.records[1].learning_rate, 0.05);
  EXPECT_EQ(watch.records[2].learning_rate, 0.1);
  EXPECT_THAT(log("watched"), HasSubstr("{\"step\":2,\"loss\":"));
  EXPECT_THAT(log("watched"), HasSubstr("\"lr\":0.05,"));
}

/// An optimizer over two numbers' groups, some steps old.
Optimizer worn(int steps, std::vector<int64_t> shape = {3}) {
  ParameterGroup group;
  group.parameters = {{"a", random_tensor(shape, 1).set_requires_grad(true)},
                      {"b", random_tensor({2}, 2).set_requires_grad(true)}};
  group.learning_rate = 0.1;
  Optimizer optimizer({group});
  for (int step = 0; step < steps; ++step) {
    group.parameters[0].tensor.mutable_grad() = random_tensor(shape, 10 + static_cast<uint64_t>(step));
    group.parameters[1].tensor.mutable_grad() = random_tensor({2}, 20 + static_cast<uint64_t>(step));
    optimizer.step(1.0);
  }
  return optimizer;
}

TEST_F(TrainingLoop, ACheckpointBringsEveryTensorAndCounterBack) {
  const fs::path file = folder_ / "checkpoint.safetensors";
  Optimizer saved = worn(4);
  TrainingProgress progress;
  progress.steps = 4;
  progress.tokens = 1'234'567'890'123;
  progress.log_bytes = 77;
  progress.seconds = 1.25;
  progress.last_loss = 0.1;
  save_checkpoint(file, saved, progress);
  Optimizer restored = worn(0);
  const std::optional<TrainingProgress> back = load_checkpoint(file, restored);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->steps, 4);
  EXPECT_EQ(back->tokens, 1'234'567'890'123);
  EXPECT_EQ(back->log_bytes, 77);
  EXPECT_EQ(back->seconds, 1.25);
  EXPECT_EQ(back->last_loss, 0.1);
  const auto a = saved.state(), b = restored.state();
  ASSERT_EQ(a.size(), 8u);  // parameter, two moments and a count for each of two
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_TRUE(at::equal(a[i].second, b[i].second)) << a[i].first;
  }
}

TEST_F(TrainingLoop, WithoutACheckpointThereIsNothingToLoad) {
  Optimizer optimizer = worn(0);
  EXPECT_FALSE(load_checkpoint(folder_ / "none.safetensors", optimizer).has_value());
}

TEST_F(TrainingLoop, ACheckpointOfOtherShapesOrCutOffIsRefused) {
  const fs::path file = folder_ / "checkpoint.safetensors";
  Optimizer saved = worn(1, {4});
  save_checkpoint(file, saved, {});
  Optimizer other = worn(0);
  EXPECT_THROW((void)load_checkpoint(file, other), Error);
  fs::resize_file(file, fs::file_size(file) - 3);
  Optimizer same = worn(0, {4});
  EXPECT_THROW((void)load_checkpoint(file, same), Error);
}

}  // namespace
}  // namespace imp::harness
