// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/time_estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "harness/plan/machine_rate.h"
#include "harness/plan/plan_printer.h"
#include "harness/plan/stage_flops.h"
#include "models/io/host_name.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr double kMeasured = 100e9;

/// The embedded profile as sweeps/lora_rank.yaml had it, on models of the zoo's shapes.
constexpr const char* kEmbedded =
    "baseline: {lora_alpha: '${lora_rank}', connector_epochs: 2, batch_size: 16, micro_batch: 16, "
    "connector_batch_size: 16,\n"
    "  connector_micro_batch: 16, max_length: 256, train_pictures: 4800, test_pictures: 750, "
    "questions_per_picture: 4,\n"
    "  turns: isolated, controls: all, dtype: float32}\n"
    "benchmarks: [scenetext]\n";

class TimeEstimateTest : public testing::Test {
 protected:
  TimeEstimateTest() {
    folder_.write("zoo/phi/config.json",
                  R"({"model_type": "phi", "architectures": ["PhiForCausalLM"], "hidden_size": 192,
                      "intermediate_size": 768, "num_attention_heads": 6, "num_hidden_layers": 4,
                      "num_key_value_heads": 6, "partial_rotary_factor": 0.5, "vocab_size": 1144,
                      "hidden_act": "gelu_new", "max_position_embeddings": 512})");
    folder_.write("zoo/siglip/config.json",
                  R"({"model_type": "siglip_vision_model", "hidden_size": 128, "image_size": 96,
                      "intermediate_size": 512, "num_attention_heads": 4, "num_hidden_layers": 6,
                      "patch_size": 12, "vision_use_head": false, "hidden_act": "gelu_pytorch_tanh"})");
  }

  [[nodiscard]] Plan plan(const std::string& body) const {
    Plan planned = make_plan(load_sweep(folder_.write("s.yaml", "version: 1\nname: s\n" + body)), runs());
    for (PlannedStage& stage : planned.stages) stage.pictures = 5550;  // as preflight fills it in
    return planned;
  }
  [[nodiscard]] std::filesystem::path runs() const { return folder_.path() / "runs"; }

  /// FLOPs by kind; of finetune by rank.
  [[nodiscard]] std::map<std::string, double> flops(const Plan& planned) const {
    StageFlops counter(planned);
    std::map<std::string, double> result;
    for (const PlannedTrial& trial : planned.trials) {
      for (const std::size_t index : trial.planned) {
        const PlannedStage& stage = planned.stages[index];
        const std::string& kind = stage.request->kind;
        const std::string name =
            kind == "finetune" ? kind + stage.request->parameters.at("lora_rank").dump() : kind;
        if (const auto count = counter.of(trial, stage)) result[name] = *count;
      }
    }
    return result;
  }

  void finish(const StageRequest& stage, double seconds, double flops, const std::string& host) const {
    folder_.write("runs/stages/" + stage.folder() + "/stage.json",
                  nlohmann::json{{"kind", stage.kind},
                                 {"key", stage.key},
                                 {"version", stage.version},
                                 {"parameters", stage.parameters},
                                 {"seconds", seconds},
                                 {"flops", flops},
                                 {"host", host},
                                 {"device", "cpu"},
                                 {"made", "2026-11-20T10:00:00Z"}}
                      .dump());
  }
  static const PlannedStage& stage_of(const Plan& planned, const std::string& kind) {
    return *std::find_if(planned.stages.begin(), planned.stages.end(),
                         [&](const PlannedStage& stage) { return stage.request->kind == kind; });
  }

  TemporaryFolder folder_;
};

/// What the stages of that sweep counted themselves while they ran (stage.json, 2026-11-27).
TEST_F(TimeEstimateTest, FlopsAreThoseThatTheStagesCount) {
  const auto counted = flops(plan(std::string(kEmbedded) + "vary: {grid: {lora_rank: [128, 256, 512]}}\n"));
  const std::map<std::string, double> seen{{"connector", 5.098e12},   {"eval", 7.93e11},
                                           {"features", 7.958e11},    {"finetune128", 5.850e12},
                                           {"finetune256", 6.246e12}, {"finetune512", 7.039e12}};
  for (const auto& [name, count] : seen) {
    ASSERT_TRUE(counted.contains(name)) << name;
    EXPECT_NEAR(counted.at(name) / count, 1.0, 0.1) << name;
  }
  EXPECT_FALSE(counted.contains("data"));
}

TEST_F(TimeEstimateTest, StepsEpochsAndLimitsCountAsOften) {
  const auto whole = flops(plan(std::string(kEmbedded) + "vary: {list: [{lora_rank: 8, epochs: 2}]}\n"));
  const auto once = flops(plan(std::string(kEmbedded) + "vary: {list: [{lora_rank: 8}]}\n"));
  EXPECT_DOUBLE_EQ(whole.at("finetune8"), 2 * once.at("finetune8"));
  const auto short_ones =
      flops(plan(std::string(kEmbedded) + "vary: {list: [{lora_rank: 8, max_steps: 30}]}\n"));
  EXPECT_DOUBLE_EQ(short_ones.at("finetune8"), once.at("finetune8") / 10) << "30 of 300 steps";
}

TEST_F(TimeEstimateTest, WithoutAnyEarlierStageComesFromTheMeasuredRate) {
  Plan planned = plan(kEmbedded);
  int measured = 0;
  estimate_times(planned, [&] { return ++measured, kMeasured; });
  EXPECT_EQ(measured, 1);
  for (const PlannedStage& stage : planned.stages) {
    ASSERT_TRUE(stage.seconds) << stage.request->kind;
    const bool has_model = stage.request->kind != "data" && stage.request->kind != "leaks";
    EXPECT_EQ(stage.seconds_from, has_model ? TimeSource::measured_rate : TimeSource::typical);
  }
  // 6.25e12 FLOPs at a share of 100 GFLOP/s that training reaches.
  EXPECT_NEAR(*stage_of(planned, "finetune").seconds, 157, 20);
  EXPECT_THAT(
      plan_as_text(planned),
      AllOf(HasSubstr("times marked ~ are from a measured 100 GFLOP/s of this machine in float32 products"),
            HasSubstr("estimated time: ~5 min"), Not(HasSubstr("unknown"))));
}

TEST_F(TimeEstimateTest, TakesTheRateOfOtherStagesOfThisMachineFirst) {
  const Plan before = plan(kEmbedded);
  finish(*stage_of(before, "connector").request, 50, 2.5e12, host_name());
  Plan planned = plan(kEmbedded);
  estimate_times(planned, []() -> double { throw std::logic_error("measured"); });
  const PlannedStage& finetune = stage_of(planned, "finetune");
  EXPECT_EQ(finetune.seconds_from, TimeSource::other_stages);
  EXPECT_NEAR(*finetune.seconds, 1 + 6.25e12 / 50e9, 12);
  EXPECT_THAT(plan_as_text(planned), HasSubstr("the 50 GFLOP/s of other stages that this machine made"));
}

TEST_F(TimeEstimateTest, ScalesAnEarlierStageOfTheKindByFlops) {
  const Plan before = plan(kEmbedded);
  finish(*stage_of(before, "finetune").request, 101, 6.25e12, host_name());
  Plan planned = plan(std::string(kEmbedded) + "vary: {list: [{epochs: 3}]}\n");
  estimate_times(planned, [] { return kMeasured; });
  const PlannedStage& finetune = stage_of(planned, "finetune");
  EXPECT_EQ(finetune.seconds_from, TimeSource::same_kind);
  EXPECT_NEAR(*finetune.seconds, 301, 30);
}

TEST_F(TimeEstimateTest, LeavesOutStagesThatAnotherMachineMade) {
  const Plan before = plan(kEmbedded);
  finish(*stage_of(before, "finetune").request, 9999, 6.25e12, "elsewhere");
  Plan planned = plan(std::string(kEmbedded) + "vary: {list: [{lora_rank: 128}]}\n");
  estimate_times(planned, [] { return kMeasured; });
  const PlannedStage& finetune = stage_of(planned, "finetune");
  EXPECT_EQ(finetune.seconds_from, TimeSource::measured_rate);
  EXPECT_LT(*finetune.seconds, 200);
  EXPECT_THAT(finetune.reason, HasSubstr("lora_rank: 128, was 256")) << "it still tells why";
}

TEST_F(TimeEstimateTest, AMeasurementIsQuickAndPlausible) {
  const double rate = measure_product_rate();
  EXPECT_GT(rate, 1e8);
  EXPECT_LT(rate, 1e14);
}

}  // namespace
}  // namespace imp::harness
