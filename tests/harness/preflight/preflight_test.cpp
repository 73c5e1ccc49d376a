// SPDX-License-Identifier: Apache-2.0
// Inputs that a stage would refuse after others have taken their time are refused by the plan, at the key
// that names them.
#include "harness/preflight/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <utility>

#include "harness/plan/plan_printer.h"
#include "harness/preflight/disk_check.h"
#include "models/io/error.h"
#include "tests/harness/preflight/small_sweep.h"

namespace imp::harness {
namespace {

using nlohmann::ordered_json;
using test::finish;
using test::SmallSweep;
using test::write_zeros;
using testing::HasSubstr;

Plan check(const SmallSweep& sweep) {
  return plan_and_check(load_sweep(sweep.file()), sweep.runs());
}

std::string refusal(const SmallSweep& sweep) {
  try {
    (void)check(sweep);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "accepted";
}

TEST(Preflight, GoodSweepIsPlannedAndItsBenchmarkCounted) {
  const SmallSweep sweep;
  sweep.write({{"init_projector", (sweep.folder() / "start.safetensors").string()},
               {"init_adapter", (sweep.folder() / "adapter").string()}});
  const Plan plan = check(sweep);
  ASSERT_EQ(plan.benchmarks.size(), 1U);
  EXPECT_EQ(plan.benchmarks[0].questions, 2U);
  EXPECT_EQ(plan.benchmarks[0].pictures, 1U);
  EXPECT_EQ(plan.benchmarks[0].answers, 20U);
  EXPECT_THAT(plan_as_text(plan), HasSubstr("textvqa: 2 questions about 1 pictures, 20 answers\n"));
  EXPECT_EQ(plan_as_json(plan).at("benchmarks").at(0).at("answers"), 20);
}

/// Exit code and message of a plan that is refused.
std::pair<int, std::string> refused(const SmallSweep& sweep, const std::filesystem::path& runs) {
  try {
    (void)plan_and_check(load_sweep(sweep.file()), runs);
  } catch (const Error& error) {
    return {error.exit_code(), error.what()};
  }
  return {0, "accepted"};
}

TEST(Preflight, ARunsFolderThatCannotBeMadeIsTheMachinesFault) {
  const SmallSweep sweep;
  sweep.write_file("a_file", "");
  const auto [code, said] = refused(sweep, sweep.folder() / "a_file" / "runs");
  EXPECT_EQ(code, 3);
  EXPECT_THAT(said, HasSubstr("a_file/runs: cannot be written"));
  EXPECT_EQ(refused(sweep, sweep.folder() / "not" / "yet" / "there").second, "accepted");
  EXPECT_FALSE(std::filesystem::exists(sweep.folder() / "not"));
}

/// One input damaged, and what the plan says of it: the key that names the input, and what is wrong.
struct Fault {
  const char* name;
  std::function<void(const SmallSweep&)> damage;
  std::string key, what;
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

class FaultyInput : public testing::TestWithParam<Fault> {};

TEST_P(FaultyInput, IsRefusedWithOneLineAtTheKeyThatNamesIt) {
  const SmallSweep sweep;
  sweep.write({{"init_projector", (sweep.folder() / "start.safetensors").string()},
               {"init_adapter", (sweep.folder() / "adapter").string()}});
  GetParam().damage(sweep);
  const std::string said = refusal(sweep);
  EXPECT_THAT(said, testing::ContainsRegex("small\\.yaml:[0-9]+:[0-9]+: " + GetParam().key));
  EXPECT_THAT(said, HasSubstr(GetParam().what));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 0) << said;
}

constexpr const char* kQuestions = "bench.json";
constexpr const char* kPhi = "zoo/phi/config.json";
constexpr const char* kProcessor = "zoo/siglip/preprocessor_config.json";
constexpr const char* kAdapter = "adapter/adapter_config.json";
const std::string kTensors = "adapter/adapter_model.safetensors";

INSTANTIATE_TEST_SUITE_P(
    Benchmarks, FaultyInput,
    testing::Values(
        Fault{"CutOff", [](const SmallSweep& sweep) { sweep.cut_off(kQuestions, 20); },
              "benchmark textvqa: ", "bench.json:1:"},
        Fault{"AbsentPicture",
              [](const SmallSweep& sweep) {
                sweep.write_file("pictures/b.jpg", "x");
                sweep.edit(kQuestions, [](ordered_json& all) { all["data"][1]["image_id"] = "c"; });
              },
              "benchmark textvqa: ", "1 of 2 pictures are absent"},
        Fault{"NoAnswers",
              [](const SmallSweep& sweep) {
                sweep.edit(kQuestions, [](ordered_json& all) { all["data"][1].erase("answers"); });
              },
              "benchmark textvqa: ", "1 of 2 questions have no answer (the first is 2)"},
        Fault{"ThreeAnswers",
              [](const SmallSweep& sweep) {
                sweep.edit(kQuestions, [](ordered_json& all) {
                  all["data"][0]["answers"] = {"a", "b", "c"};
                });
              },
              "benchmark textvqa: ", "3 answers; TextVQA has exactly 10"},
        Fault{"SameIdTwice",
              [](const SmallSweep& sweep) {
                sweep.edit(kQuestions, [](ordered_json& all) { all["data"][1]["question_id"] = 1; });
              },
              "benchmark textvqa: ", "question id 1 occurs twice"},
        Fault{"NoQuestions",
              [](const SmallSweep& sweep) {
                sweep.edit(kQuestions, [](ordered_json& all) { all["data"] = ordered_json::array(); });
              },
              "benchmark textvqa: ", "no questions"},
        Fault{"AnotherVersion",
              [](const SmallSweep& sweep) {
                sweep.edit(kQuestions, [](ordered_json& all) { all["dataset_version"] = "0.5"; });
              },
              "benchmark textvqa: ", "TextVQA version 0.5"},
        Fault{"AFileOfAnotherBenchmark",
              [](const SmallSweep& sweep) { sweep.write_file(kQuestions, "[{\"imgname\":\"a\"}]"); },
              "benchmark textvqa: ", "JSON of another shape"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Models, FaultyInput,
    testing::Values(
        Fault{"ConfigWithoutAKey",
              [](const SmallSweep& sweep) {
                sweep.edit(kPhi, [](ordered_json& config) { config["num_hidden_layers"] = "two"; });
              },
              "llm: ", "num_hidden_layers"},
        Fault{"ConfigOfAnotherKind",
              [](const SmallSweep& sweep) {
                sweep.edit(kPhi, [](ordered_json& config) { config["model_type"] = "mamba"; });
              },
              "llm: ", "mamba"},
        Fault{"TowerConfigThatIsNoJson",
              [](const SmallSweep& sweep) { sweep.cut_off("zoo/siglip/config.json", 30); },
              "encoder: ", "siglip/config.json"},
        Fault{"WeightsCutOff", [](const SmallSweep& sweep) { sweep.cut_off("zoo/phi/model.safetensors"); },
              "llm: ", "phi/model.safetensors"},
        Fault{"AnswersByARuleThatImpDoesNotFollow",
              [](const SmallSweep& sweep) {
                sweep.write_file("zoo/phi/generation_config.json", R"({"repetition_penalty": 1.2})");
              },
              "conversation: ", "repetition_penalty"},
        Fault{"AnswersThatEndWithAWord",
              [](const SmallSweep& sweep) {
                sweep.write_file("zoo/phi/generation_config.json", R"({"eos_token_id": "</s>"})");
              },
              "conversation: ", "eos_token_id"},
        Fault{"GenerationConfigCutOff",
              [](const SmallSweep& sweep) {
                sweep.write_file("zoo/phi/generation_config.json", R"({"eos_token_id": [1)");
              },
              "conversation: ", "generation_config.json"},
        Fault{"WeightsOfAnotherShape",
              [](const SmallSweep& sweep) {
                sweep.edit(kPhi, [](ordered_json& config) { config["intermediate_size"] = 64; });
              },
              "llm: ", "the config asks for [64, 48]"},
        Fault{"WeightsOfFewerBlocks",
              [](const SmallSweep& sweep) {
                sweep.edit(kPhi, [](ordered_json& config) { config["num_hidden_layers"] = 3; });
              },
              "llm: ", "tensor 'model.layers.2.self_attn.q_proj.weight'"},
        Fault{"NoWeights", [](const SmallSweep& sweep) { sweep.remove("zoo/siglip/model.safetensors"); },
              "encoder: ", "has neither model.safetensors"},
        Fault{"AShardThatIsMissing",
              [](const SmallSweep& sweep) {
                std::filesystem::rename(sweep.folder() / "zoo/phi/model.safetensors",
                                        sweep.folder() / "zoo/phi/model-00001-of-00002.safetensors");
                sweep.write_file("zoo/phi/model.safetensors.index.json",
                                 R"({"weight_map":{"a":"model-00002-of-00002.safetensors"}})");
              },
              "llm: ", "model-00002-of-00002.safetensors: shard is missing"},
        Fault{"TokenizerCutOff", [](const SmallSweep& sweep) { sweep.cut_off("zoo/phi/tokenizer.json"); },
              "llm: ", "tokenizer.json"},
        Fault{"NoTokenizer", [](const SmallSweep& sweep) { sweep.remove("zoo/phi/tokenizer.json"); },
              "llm: ", "phi"},
        Fault{"NoProcessor", [](const SmallSweep& sweep) { sweep.remove(kProcessor); },
              "encoder: ", "preprocessor_config.json"},
        Fault{"ProcessorOfAnotherKind",
              [](const SmallSweep& sweep) {
                sweep.edit(kProcessor,
                           [](ordered_json& all) { all["image_processor_type"] = "FuyuImageProcessor"; });
              },
              "encoder: ", "Fuyu"},
        Fault{"ProcessorOfAnotherSize",
              [](const SmallSweep& sweep) {
                sweep.edit(kProcessor, [](ordered_json& all) {
                  all["size"] = {{"height", 48}, {"width", 48}};
                });
              },
              "encoder: ", "makes pictures of 48 x 48, the tower takes 96 x 96"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Starts, FaultyInput,
    testing::Values(
        Fault{"ProjectorCutOff", [](const SmallSweep& sweep) { sweep.cut_off("start.safetensors"); },
              "init_projector: ", "start.safetensors"},
        Fault{"ProjectorOfAnotherWidth",
              [](const SmallSweep& sweep) {
                write_zeros(
                    sweep.folder() / "start.safetensors",
                    {{"model.mm_projector.0.weight", {64, 32}}, {"model.mm_projector.2.weight", {64, 64}}});
              },
              "init_projector: ", "[64, 32]; the config asks for [48, 32]"},
        Fault{"AdapterWithoutConfig", [](const SmallSweep& sweep) { sweep.remove(kAdapter); },
              "init_adapter: ", "adapter_config.json"},
        Fault{"AdapterOfAnotherKind",
              [](const SmallSweep& sweep) {
                sweep.edit(kAdapter, [](ordered_json& config) { config["peft_type"] = "IA3"; });
              },
              "init_adapter: ", "peft_type"},
        Fault{"AdapterWithoutWeights", [](const SmallSweep& sweep) { sweep.remove(kTensors); },
              "init_adapter: ", "adapter_model.safetensors"},
        Fault{"AdapterOfAWiderModel",
              [](const SmallSweep& sweep) {
                write_zeros(sweep.folder() / kTensors,
                            {{"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", {4, 64}},
                             {"base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", {48, 4}}});
              },
              "init_adapter: ", "the model's layer has 48 inputs"},
        Fault{"AdapterOfADeeperModel",
              [](const SmallSweep& sweep) {
                write_zeros(sweep.folder() / kTensors,
                            {{"base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", {4, 48}},
                             {"base_model.model.model.layers.7.self_attn.q_proj.lora_B.weight", {48, 4}}});
              },
              "init_adapter: ", "is no layer of this model, which has 2 blocks"},
        Fault{"RowsCutOff",
              [](const SmallSweep& sweep) {
                // So many that the end is not looked at with the first ones.
                std::string rows = "[";
                for (int i = 0; i < 1200; ++i)
                  rows += "{\"id\":1,\"image\":\"a.jpg\",\"conversations\":[]},\n";
                sweep.write_file("rows.json", rows + "{\"id\":2,\"ima");
              },
              "connector_data: ", "rows.json: is cut off"},
        Fault{"RowsOfAnotherFolder",
              [](const SmallSweep& sweep) {
                sweep.edit("rows.json", [](ordered_json& rows) {
                  for (ordered_json& row : rows) row["image"] = "coco/b.jpg";
                });
              },
              "connector_data: ", "has none of the 1 pictures of its first 2 rows, such as coco/b.jpg"},
        Fault{"NoRows", [](const SmallSweep& sweep) { sweep.write_file("rows.json", "[]"); },
              "connector_data: ", "no rows"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(Preflight, AllFaultsOfASweepAreToldAtOnce) {
  const SmallSweep sweep;
  sweep.write({{"init_projector", (sweep.folder() / "start.safetensors").string()},
               {"init_adapter", (sweep.folder() / "adapter").string()}});
  sweep.edit(kQuestions, [](ordered_json& all) { all["data"][0].erase("answers"); });
  sweep.remove("pictures/a.jpg");
  sweep.cut_off("zoo/phi/model.safetensors");
  sweep.cut_off("zoo/phi/tokenizer.json");
  sweep.remove(kProcessor);
  sweep.cut_off("start.safetensors");
  sweep.remove(kAdapter);
  const std::string said = refusal(sweep);
  for (const char* part : {"1 of 2 questions have no answer", "1 of 1 pictures are absent",
                           "phi/model.safetensors", "tokenizer.json", "preprocessor_config.json",
                           "start.safetensors", "adapter_config.json", "has none of the 1 pictures"})
    EXPECT_THAT(said, HasSubstr(part));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 7) << said;
}

TEST(Preflight, WhatIsMissingAndWhatIsWrongAreToldTogether) {
  const SmallSweep sweep;
  sweep.write({{"init_projector", "no/such.safetensors"}});
  sweep.cut_off(kQuestions, 20);
  EXPECT_THAT(refusal(sweep),
              testing::AllOf(HasSubstr("there is no no/such.safetensors"), HasSubstr("bench.json:1:")));
}

TEST(Preflight, ChecksEachCellsOwnModels) {
  const SmallSweep sweep;
  std::filesystem::copy(sweep.folder() / "zoo/siglip", sweep.folder() / "zoo/other");
  sweep.remove("zoo/other/preprocessor_config.json");
  const std::string root = sweep.folder().string();
  sweep.write(
      {}, "vary: {grid: {encoder: [" + root + "/zoo/siglip, " + root + "/zoo/other], lora_rank: [2, 4]}}\n");
  const std::string said = refusal(sweep);
  EXPECT_THAT(said, HasSubstr("zoo/other"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 0) << "each input once: " << said;
}

TEST(Preflight, BenchmarkThatIsNotKnownIsRefusedWithTheNearestName) {
  const SmallSweep sweep;
  const std::string root = sweep.folder().string();
  for (const auto& [name, near] :
       {std::pair{"textvqa_val", "textvqa"}, {"popee", "pope"}, {"docvqa_val", "docvqa"}}) {
    sweep.write_file("small.yaml", "version: 1\nname: s\nbenchmarks: [{name: " + std::string(name) +
                                       ", annotations: " + root + "/bench.json, images: " + root +
                                       "/pictures}]\n");
    EXPECT_THAT(refusal(sweep),
                testing::AllOf(HasSubstr("small.yaml:3:14: the benchmark '" + std::string(name) +
                                         "' is not known; did you mean '" + near + "'?"),
                               HasSubstr("one of: chartqa, ")));
  }
}

TEST(Preflight, WhatIsFinishedIsNotOpenedAgain) {
  const SmallSweep sweep;
  for (const PlannedStage& stage : check(sweep).stages) finish(sweep, *stage.request);
  sweep.remove("pictures/a.jpg");  // no hash counts it
  const Plan plan = check(sweep);
  EXPECT_TRUE(plan.benchmarks.empty());
  EXPECT_EQ(plan.bytes, 0);
  for (const PlannedStage& stage : plan.stages) EXPECT_EQ(stage.status, StageStatus::reuse);
}

TEST(Preflight, LimitSaysWhichQuestionsNeedAnAnswer) {
  const SmallSweep sweep;
  sweep.edit(kQuestions, [](ordered_json& all) { all["data"][1].erase("answers"); });
  const std::string root = sweep.folder().string();
  sweep.write_file("small.yaml",
                   "version: 1\nname: s\nbaseline: {llm: " + root + "/zoo/phi, encoder: " + root +
                       "/zoo/siglip}\nbenchmarks: [{name: textvqa, limit: 1, annotations: " + root +
                       "/bench.json, images: " + root + "/pictures}]\n");
  const Plan plan = check(sweep);
  EXPECT_THAT(plan_as_text(plan), HasSubstr("textvqa: 1 of 2 questions about 1 pictures, 10 answers\n"));
}

TEST(Preflight, ManyCellsCostLittleMoreThanTheirPlan) {
  const SmallSweep sweep;
  std::string ranks;
  for (int i = 1; i <= 500; ++i) ranks += std::to_string(i) + ",";
  sweep.write({}, "vary: {grid: {lora_rank: [" + ranks + "]}}\nseeds: [1, 2]\n");
  // Processor time of this process; the looks themselves are the same for one cell and for a thousand.
  const auto seconds_of = [](const auto& work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  const double planned = seconds_of([&] { (void)make_plan(load_sweep(sweep.file()), sweep.runs()); });
  const double checked = seconds_of([&] { (void)check(sweep); });
  EXPECT_LT(checked, 2.5 * planned);
}

TEST(DiskRoom, TooLittleIsRefusedWithBothNumbers) {
  constexpr std::int64_t kGiB = std::int64_t{1} << 30;
  EXPECT_NO_THROW(require_room(3 * kGiB, 4 * kGiB, "runs"));
  EXPECT_NO_THROW(require_room(1 << 20, 0, "runs")) << "a full disk ends such a run cleanly";
  try {
    require_room(3 * kGiB, kGiB / 2, "runs");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "runs: the stages of this plan write about 3.0 GiB, and the disk has 512 MiB left; free some, "
              "or name a "
              "folder on another disk with --runs");
  }
}

TEST(DiskRoom, IsThatOfFeaturesAndTrainedWeights) {
  const SmallSweep sweep;
  // One picture of 16 patches of 32 numbers; a projector of 33 * 48 + 49 * 48 parameters, kept by both
  // stages; LoRA of rank 4 on four layers of 48 to 48 and two of 48 to 96 in each of two blocks; the state of
  // stage 2 twice.
  constexpr std::int64_t kFeatures = 16 * 32 * 4, kProjector = 33 * 48 + 49 * 48,
                         kLora = 2 * 4 * (4 * (48 + 48) + 2 * (48 + 96));
  EXPECT_EQ(check(sweep).bytes, kFeatures + 4 * (2 * kProjector + kLora) + 2 * 12 * (kProjector + kLora));
  EXPECT_GT(available_bytes(sweep.runs() / "not" / "there" / "yet"), 0);
}

}  // namespace
}  // namespace imp::harness
