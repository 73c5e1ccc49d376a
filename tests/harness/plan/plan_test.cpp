// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "harness/plan/config_writer.h"
#include "harness/plan/plan_printer.h"
#include "harness/plan/stage_graph.h"
#include "harness/plan/sweep_record.h"
#include "models/io/error.h"
#include "models/io/host_name.h"
#include "models/weights/safetensors.h"
#include "tests/growth.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class PlanTest : public testing::Test {
 protected:
  PlanTest() { folder_.write_zoo({"phi", "siglip", "clip"}); }

  [[nodiscard]] Plan plan(const std::string& body, const std::vector<std::string>& overrides = {}) const {
    const auto file = folder_.write("s.yaml", "version: 1\nname: s\n" + body);
    return make_plan(load_sweep(file, overrides), folder_.path() / "runs");
  }

  [[nodiscard]] std::string refusal(const std::string& body) const {
    try {
      static_cast<void>(plan(body));
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  /// Kind -> key of a plan's first trial.
  [[nodiscard]] std::map<std::string, std::string> keys(
      const std::vector<std::string>& overrides,
      const std::string& body = "benchmarks: [scenetext]\n") const {
    std::map<std::string, std::string> result;
    const Plan planned = plan(body, overrides);
    for (const StageRequest& stage : planned.trials.at(0).stages) result[stage.kind] += stage.key;
    return result;
  }

  /// Puts a finished stage into the runs folder.
  void finish(const StageRequest& stage, double seconds) const {
    nlohmann::json inputs = nlohmann::json::array();
    for (const StageInput& input : stage.inputs) inputs.push_back({{"kind", input.kind}, {"key", input.key}});
    const nlohmann::json record{{"schema", 1},         {"kind", stage.kind},
                                {"key", stage.key},    {"version", stage.version},
                                {"inputs", inputs},    {"parameters", stage.parameters},
                                {"seconds", seconds},  {"made", "2026-11-24T08:00:00Z"},
                                {"host", host_name()}, {"own_epochs", stage.own_epochs}};
    folder_.write("runs/stages/" + stage.folder() + "/stage.json", record.dump());
  }

  TemporaryFolder folder_;
};

const std::string kRanks = "vary: {grid: {lora_rank: [8, 16, 32]}}\nseeds: [1, 2]\nbenchmarks: [scenetext]\n";

TEST_F(PlanTest, RanksAndSeedsShareDataFeaturesAndConnector) {
  std::map<std::string, std::size_t> stages;
  for (const PlannedStage& stage : plan(kRanks).stages) {
    ++stages[stage.request->kind];
    const bool shared = stage.request->kind != "finetune" && stage.request->kind != "eval";
    EXPECT_EQ(stage.status, shared ? StageStatus::share : StageStatus::run);
    EXPECT_EQ(stage.trials, shared ? 6U : 1U);
  }
  const std::map<std::string, std::size_t> expected{{"data", 1},      {"leaks", 1},    {"features", 1},
                                                    {"connector", 1}, {"finetune", 6}, {"eval", 6}};
  EXPECT_EQ(stages, expected);
}

TEST_F(PlanTest, InputsStandBeforeWhatIsMadeFromThem) {
  for (const PlannedTrial& trial : plan(kRanks).trials) {
    std::set<std::string> made;
    for (const StageRequest& stage : trial.stages) {
      for (const StageInput& input : stage.inputs) EXPECT_TRUE(made.contains(input.key)) << stage.kind;
      made.insert(stage.key);
    }
  }
}

/// Another valid value for a key, as text of an override.
std::string other_value(const KeyDescription& key, const TrialConfig& config) {
  if (key.name == "llm") return "siglip";
  if (key.name == "encoder") return "clip";
  if (key.name == "conversation") return "imp";
  if (key.name == "batch_size" || key.name == "connector_batch_size") return "64";
  if (key.name == "micro_batch" || key.name == "connector_micro_batch") return "4";
  if (key.name == "lora_targets") return "q_proj";
  if (key.name == "max_length") return "512";
  if (key.name == "lora_dropout" || key.name == "warmup_ratio") return "0.5";
  if (key.is_number()) return key_text(key, config) == "2" ? "3" : "2";
  if (key.is_switch()) return key_text(key, config) == "true" ? "false" : "true";
  return key.choices.at(1) == key_text(key, config) ? key.choices.at(0) : key.choices.at(1);
}

TEST_F(PlanTest, EachKeyChangesSomeStageUnlessItIsDeclaredWithoutEffect) {
  const auto before = keys({});
  const std::vector<std::string_view>& without = keys_without_effect();
  for (const KeyDescription& key : configuration_keys()) {
    const std::string name(key.name);
    // Files and folders have tests of their own; pretraining keys act on pretraining cells.
    if (name.starts_with("init_") || name.starts_with("pretrain") || name.ends_with("_data") ||
        name == "checkpoint" || name == "seed" || name == "skip_unreadable" || name == "cooldown_ratio") {
      continue;
    }
    const auto after = keys({name + "=" + other_value(key, {})});
    const bool declared = std::find(without.begin(), without.end(), key.name) != without.end();
    EXPECT_EQ(after == before, declared) << name;
  }
  EXPECT_NE(keys({"seeds=[2]"}), before);
}

TEST_F(PlanTest, KeysOfStageTwoLeaveStageOneAlone) {
  const auto before = keys({});
  for (const char* override_text :
       {"lora_rank=8", "epochs=2", "seeds=[5]", "learning_rate=0.1", "batch_size=32", "finetune=full"}) {
    const auto after = keys({override_text});
    EXPECT_EQ(after.at("connector"), before.at("connector")) << override_text;
    EXPECT_NE(after.at("finetune"), before.at("finetune")) << override_text;
    EXPECT_NE(after.at("eval"), before.at("eval")) << override_text;
  }
  const auto after = keys({"max_new_tokens=9"});
  EXPECT_EQ(after.at("finetune"), before.at("finetune"));
  EXPECT_NE(after.at("eval"), before.at("eval"));
}

TEST_F(PlanTest, SeedsOfStageOneAreAFactorOfTheirOwn) {
  const Plan planned =
      plan("vary: {grid: {connector_seed: [1, 2, 3]}}\nseeds: [1, 2]\nbenchmarks: [scenetext]\n");
  std::map<std::string, std::size_t> stages;
  for (const PlannedStage& stage : planned.stages) ++stages[stage.request->kind];
  EXPECT_EQ(stages.at("data"), 1U);
  EXPECT_EQ(stages.at("features"), 1U);
  EXPECT_EQ(stages.at("connector"), 3U);  // each for the two seeds of stage 2
  EXPECT_EQ(stages.at("finetune"), 6U);
}

TEST_F(PlanTest, EvaluationsWithTheBlindControlAloneKeepTheirKey) {
  EXPECT_EQ(keys({"controls=blind"}), keys({}));
  std::set<std::string> evaluations;
  for (const char* controls : {"blind", "shuffled", "ocr", "all"}) {
    const auto of = keys({std::string("controls=") + controls});
    evaluations.insert(of.at("eval"));
    EXPECT_EQ(of.at("finetune"), keys({}).at("finetune"));
  }
  EXPECT_EQ(evaluations.size(), 4U);
}

TEST_F(PlanTest, AdapterKeysDoNotCountWhereThereIsNoAdapter) {
  for (const char* mode : {"finetune=full", "finetune=projector"}) {
    EXPECT_EQ(keys({mode, "lora_rank=8", "lora_alpha=4", "lora_dropout=0.1", "lora_targets=q"}),
              keys({mode}));
  }
  EXPECT_EQ(keys({"finetune=projector", "learning_rate=1"}), keys({"finetune=projector"}));
}

TEST_F(PlanTest, ModelsCountByContentAndNotByTheirCards) {
  const auto before = keys({});
  folder_.write("zoo/siglip/README.md", "a card");
  EXPECT_EQ(keys({}), before);
  folder_.write("zoo/siglip/model.safetensors", "other weights");
  EXPECT_NE(keys({}).at("features"), before.at("features"));
}

/// Writes a PEFT directory with a layer of each of these modules, and returns the override that starts from
/// it.
std::string start_from_adapter(const TemporaryFolder& folder, const std::string& name,
                               const std::vector<std::string>& modules) {
  const std::vector<float> numbers(8, 0.5F);
  const auto bytes = std::as_bytes(std::span(numbers));
  std::vector<models::TensorToWrite> tensors;
  for (const std::string& module : modules) {
    tensors.push_back({"base_model.model." + module + ".lora_A.weight", models::DType::f32, {2, 4}, bytes});
    tensors.push_back({"base_model.model." + module + ".lora_B.weight", models::DType::f32, {4, 2}, bytes});
  }
  folder.write(name + "/adapter_config.json", R"({"peft_type": "LORA", "r": 2, "lora_alpha": 2})");
  models::write_safetensors(folder.path() / name / "adapter_model.safetensors", tensors);
  return "init_adapter=" + (folder.path() / name).string();
}

TEST_F(PlanTest, FeaturesOfATowerThatAnAdapterChangesAreNotThoseOfTheTowerAlone) {
  const std::string layer = "model.language_model.layers.0.self_attn.q_proj",
                    of_tower = "model.vision_tower.vision_model.encoder.layers.0.self_attn.q_proj";
  const auto before = keys({});
  const auto of_text = keys({start_from_adapter(folder_, "text", {layer})});
  EXPECT_EQ(of_text.at("features"), before.at("features"));
  EXPECT_NE(of_text.at("finetune"), before.at("finetune"));
  const std::string both = start_from_adapter(folder_, "both", {layer, of_tower});
  const auto adapted = keys({both});
  EXPECT_EQ(adapted.at("connector"), before.at("connector"));  // trained before the adapter comes in
  ASSERT_TRUE(adapted.at("features").starts_with(before.at("features")));
  EXPECT_GT(adapted.at("features").size(), before.at("features").size());
  const Plan planned = plan("benchmarks: [scenetext]\n", {both});
  for (const StageRequest& stage : planned.trials.at(0).stages) {
    if (stage.kind != "finetune" && stage.kind != "eval") continue;
    for (const StageInput& input : stage.inputs) EXPECT_NE(input.key, before.at("features")) << stage.kind;
  }
}

TEST_F(PlanTest, AnAdapterThatCannotBeReadIsToldBeforeAnythingRuns) {
  const std::string body = "baseline: {init_adapter: " + (folder_.path() / "pickled").string() + "}\n";
  folder_.write("pickled/adapter_config.json", R"({"peft_type": "LORA", "r": 2})");
  folder_.write("pickled/adapter_model.bin", "PK");
  EXPECT_THAT(refusal(body), AllOf(HasSubstr("init_adapter: "), HasSubstr("pickled weights are not read")));
  folder_.write("pickled/adapter_config.json", R"({"peft_type": "LORA", "r": 0, "use_qalora": true})");
  EXPECT_THAT(refusal(body), AllOf(HasSubstr("use_qalora is not supported"), HasSubstr("r is 0")));
}

TEST_F(PlanTest, OwnDataCountsByTheContentOfItsFile) {
  const auto file = folder_.write("rows.json", "[]");
  const std::string body =
      "baseline: {finetune_data: {json: " + file.string() + ", images: " + folder_.path().string() + "}}\n";
  const auto before = keys({}, body);
  folder_.write("rows.json", "[{}]");
  const auto after = keys({}, body);
  EXPECT_EQ(after.at("connector"), before.at("connector"));
  EXPECT_NE(after.at("finetune"), before.at("finetune"));
}

TEST_F(PlanTest, PicturesThatAreNotImpsOwnAreLookedAtBeforeAllElse) {
  const std::string images = folder_.path().string();
  const std::string rows =
      "{json: " + folder_.write("rows.json", "[]").string() + ", images: " + images + "}";
  const std::string annotations = folder_.write("a.json", "[]").string();
  const std::string body = "baseline: {finetune_data: " + rows +
                           "}\nbenchmarks: [scenetext, {name: textvqa, annotations: " + annotations +
                           ", images: " + images + "}]\n";
  std::vector<std::string> kinds;
  const Plan planned = plan(body);
  for (const StageRequest& stage : planned.trials.at(0).stages) kinds.push_back(stage.kind);
  EXPECT_THAT(kinds, testing::ElementsAre("data", "pictures", "pictures", "data", "leaks", "leaks",
                                          "features", "connector", "features", "finetune", "eval", "eval"));
  EXPECT_EQ(keys({}).count("pictures"), 0U);

  // Rows that may be left out make another training; those of the other stage do not.
  const auto before = keys({}, body), after = keys({"skip_unreadable=true"}, body);
  EXPECT_EQ(after.at("connector"), before.at("connector"));
  for (const char* kind : {"pictures", "features", "finetune", "eval"})
    EXPECT_NE(after.at(kind), before.at(kind)) << kind;
  // Nothing of a benchmark is left out.
  const std::string asked =
      "benchmarks: [{name: textvqa, annotations: " + annotations + ", images: " + images + "}]\n";
  EXPECT_EQ(keys({"skip_unreadable=true"}, asked), keys({}, asked));
}

TEST_F(PlanTest, LeaksAreLookedForOnceForAllTrialsOfTheSameData) {
  const auto leaks_of = [](const Plan& planned) {
    std::vector<const PlannedStage*> found;
    for (const PlannedStage& stage : planned.stages)
      if (stage.request->kind == "leaks") found.push_back(&stage);
    return found;
  };
  const Plan ranks = plan(kRanks);
  ASSERT_EQ(leaks_of(ranks).size(), 1U);
  // The benchmark's pictures come first, then what is learned from.
  EXPECT_EQ(leaks_of(ranks)[0]->request->inputs.size(), 2U);
  const Plan mixes =
      plan("vary: {grid: {finetune_data: [643k, 665k]}}\nseeds: [1, 2]\nbenchmarks: [scenetext]\n");
  ASSERT_EQ(leaks_of(mixes).size(), 2U);
  // scenetext's rows of stage 1 and those of the mix.
  for (const PlannedStage* stage : leaks_of(mixes)) EXPECT_EQ(stage->request->inputs.size(), 3U);
}

TEST_F(PlanTest, RenderedBenchmarksShareTheirPictures) {
  const Plan planned = plan("benchmarks: [scenetext, sceneobjects, scenepresence]\n");
  std::map<std::string, std::size_t> stages;
  for (const PlannedStage& stage : planned.stages) ++stages[stage.request->kind];
  const std::map<std::string, std::size_t> expected{{"data", 1},      {"leaks", 3},    {"features", 1},
                                                    {"connector", 1}, {"finetune", 1}, {"eval", 3}};
  EXPECT_EQ(stages, expected);
}

TEST_F(PlanTest, CheckpointStandsInForModelsAndStageOne) {
  const auto model = folder_.write("llava/config.json", "{}").parent_path();
  const Plan planned = plan("baseline: {checkpoint: " + model.string() + "}\nbenchmarks: [scenetext]\n");
  std::vector<std::string> kinds;
  for (const StageRequest& stage : planned.trials[0].stages) kinds.push_back(stage.kind);
  EXPECT_THAT(kinds, testing::ElementsAre("data", "leaks", "features", "finetune", "eval"));
}

TEST_F(PlanTest, PretrainingCellIsOneStage) {
  const Plan planned = plan("vary: {list: [{pretrain: phi}, {pretrain: vit}]}\nbenchmarks: [scenetext]\n");
  ASSERT_EQ(planned.stages.size(), 2U);
  EXPECT_EQ(planned.stages[0].request->kind, "pretrain");
  EXPECT_EQ(planned.stages[0].request->parameters.at("pretrain"), "phi");
}

TEST_F(PlanTest, RawTextMeansTheZooModelThatReadIt) {
  folder_.write_zoo({"phi_raw"});
  const Plan planned = plan("vary: {grid: {pretrain_text: [organised, raw]}}\nbenchmarks: [scenetext]\n");
  const auto llm = [&](std::size_t trial) {
    const StageList& stages = planned.trials.at(trial).stages;
    const auto connector = std::find_if(stages.begin(), stages.end(),
                                        [](const StageRequest& stage) { return stage.kind == "connector"; });
    return connector->parameters.at("llm");
  };
  EXPECT_EQ(llm(0), "phi");
  EXPECT_EQ(llm(1), "phi_raw");
  EXPECT_THAT(
      refusal("baseline: {llm: models/phi-2, pretrain_text: raw}\n"),
      HasSubstr("s.yaml:3:46: pretrain_text is raw, but models/phi-2 is no language model of the zoo"));
}

TEST_F(PlanTest, MissingModelsSayWhatToPutWhere) {
  const std::string zoo = (folder_.path() / "zoo").string();
  EXPECT_EQ(
      refusal("baseline:\n  llm: gemma\n"),
      folder_.path().string() + "/s.yaml:4:8: llm is 'gemma', and there is no " + zoo +
          "/gemma/config.json; put the model's Hugging Face directory (config.json, *.safetensors) at " +
          zoo + "/gemma, or give llm a path with a '/'");
  EXPECT_THAT(refusal("baseline:\n  encoder: no/where\n"),
              HasSubstr("s.yaml:4:12: encoder names no/where, which is no directory below " +
                        std::filesystem::current_path().string() + "; put a Hugging Face model directory"));
  EXPECT_THAT(refusal("baseline:\n  init_projector: no.safetensors\n"),
              HasSubstr("s.yaml:4:19: init_projector: there is no no.safetensors below "));
}

TEST_F(PlanTest, PublishedRecipeNamesEverythingThatIsToBePutSomewhere) {
  const std::filesystem::path profile = std::filesystem::path(IMP_SOURCE) / "sweeps/profiles/paper.yaml";
  std::string refused;
  try {
    static_cast<void>(make_plan(load_sweep(profile), folder_.path() / "runs"));
  } catch (const Error& error) {
    refused = error.what();
  }
  for (const char* part :
       {"paper.yaml:8:8: llm names models/phi-2", "microsoft/phi-2", "google/siglip-so400m-patch14-384",
        "connector_data: json: there is no data/llava/blip_laion_cc_sbu_558k.json",
        "liuhaotian/LLaVA-Pretrain", "connector_data: images: there is no data/llava/images",
        "finetune_data: json: there is no data/imp/imp_1m.json",
        "benchmark textvqa: annotations: there is no data/textvqa/TextVQA_0.5.1_val.json"}) {
    EXPECT_THAT(refused, HasSubstr(part));
  }
  EXPECT_EQ(std::count(refused.begin(), refused.end(), '\n'), 7) << refused;
}

TEST_F(PlanTest, FinishedStagesAreReusedAndOthersSayWhatIsNew) {
  for (const PlannedStage& stage : plan(kRanks).stages) finish(*stage.request, 30);
  for (const PlannedStage& stage : plan(kRanks).stages) EXPECT_EQ(stage.status, StageStatus::reuse);

  const Plan wider = plan("vary: {grid: {lora_rank: [8, 64]}}\nbenchmarks: [scenetext]\n");
  const auto fresh = std::find_if(wider.stages.begin(), wider.stages.end(), [](const PlannedStage& stage) {
    return stage.request->kind == "finetune" && stage.status == StageStatus::run;
  });
  ASSERT_NE(fresh, wider.stages.end());
  EXPECT_THAT(fresh->reason, HasSubstr("lora_rank: 64, was "));
  EXPECT_EQ(fresh->seconds, 30);
}

TEST_F(PlanTest, DamagedStageRecordIsNotTakenForAFinishedStage) {
  for (const PlannedStage& stage : plan(kRanks).stages) {
    folder_.write("runs/stages/" + stage.request->folder() + "/stage.json", "{\"kind\": \"da");
  }
  for (const PlannedStage& stage : plan(kRanks).stages) EXPECT_NE(stage.status, StageStatus::reuse);
}

/// A sweep under the schedule whose trials may share trunks.
std::string stable_sweep(const std::string& vary) {
  return "baseline: {schedule: warmup_stable_decay, cooldown_ratio: 0.25}\nvary: " + vary +
         "\nseeds: [1, 2]\nbenchmarks: [scenetext]\n";
}

const std::string kEpochs = stable_sweep("{grid: {epochs: [1, 2, 4]}}");

TEST_F(PlanTest, TrialsThatDifferInEpochsGoOnFromTheTrunkOfTheShorterOne) {
  const Plan planned = plan(kEpochs);
  std::map<std::string, std::vector<std::string>> ways;  // of a trial: epochs and users of its trunks
  for (const PlannedTrial& trial : planned.trials) {
    std::optional<StageInput> before;
    for (const std::size_t index : trial.planned) {
      const PlannedStage& stage = planned.stages[index];
      if (stage.request->kind != "trunk" && stage.request->kind != "finetune") continue;
      EXPECT_EQ(stage.request->trunk, before) << trial.trial.name;
      before = StageInput{stage.request->kind, stage.request->key};
      if (stage.request->kind == "trunk") {
        EXPECT_EQ(stage.status, StageStatus::share);
        ways[trial.trial.name].push_back(stage.request->parameters.at("epochs").dump() + " for " +
                                         std::to_string(stage.trials));
      }
    }
  }
  using testing::ElementsAre;
  EXPECT_THAT(ways.at("epochs=1,seed=1"), ElementsAre("1 for 3"));
  EXPECT_THAT(ways.at("epochs=2,seed=1"), ElementsAre("1 for 3", "2 for 2"));
  EXPECT_THAT(ways.at("epochs=4,seed=2"), ElementsAre("1 for 3", "2 for 2"));
  // A seed: 0.75, 1 and 2.25 epochs to the last trial's end, and two cooldowns more; 1 + 2 + 4 alone.
  EXPECT_THAT(plan_as_text(planned), HasSubstr("trunks: 9 epochs of stage 2 are trained in place of 14\n"));
  EXPECT_EQ(plan_as_json(planned).at("trunk_saving").at("epochs_apart"), 14);
}

TEST_F(PlanTest, TrunksChangeNoKeyOfWhatIsTrainedInOnePiece) {
  const Plan together = plan(kEpochs);
  for (const char* epochs : {"1", "2", "4"}) {
    const Plan alone = plan(stable_sweep(std::string("{list: [{epochs: ") + epochs + "}]}"));
    for (const PlannedStage& stage : alone.stages) {
      EXPECT_NE(stage.request->kind, "trunk");
      const bool is_known =
          std::any_of(together.stages.begin(), together.stages.end(),
                      [&](const PlannedStage& other) { return other.request->key == stage.request->key; });
      EXPECT_TRUE(is_known) << epochs << " epochs: " << stage.request->kind;
    }
  }
}

TEST_F(PlanTest, TrunksOfFinishedTrialsNeedNotBeMade) {
  for (const PlannedStage& stage : plan(kEpochs).stages) {
    if (stage.request->kind != "trunk") finish(*stage.request, 30);
  }
  const Plan again = plan(kEpochs);
  for (const PlannedStage& stage : again.stages)
    EXPECT_EQ(stage.status, StageStatus::reuse) << stage.request->kind;
  EXPECT_THAT(plan_as_text(again), AllOf(HasSubstr("not needed: what goes on from it is finished"),
                                         testing::Not(HasSubstr("trunks: "))));
}

TEST_F(PlanTest, OtherSchedulesOtherFactorsAndMaxStepsHaveNoTrunks) {
  const auto trunks = [&](const std::string& sweep, const std::vector<std::string>& overrides) {
    const Plan planned = plan(sweep, overrides);
    return std::count_if(planned.stages.begin(), planned.stages.end(),
                         [](const PlannedStage& stage) { return stage.request->kind == "trunk"; });
  };
  EXPECT_EQ(trunks(kEpochs, {}), 4);
  EXPECT_EQ(trunks(stable_sweep("{grid: {epochs: [1, 2], lora_rank: [8, 16]}}"), {}), 4);
  for (const char* schedule : {"cosine", "linear", "constant"})
    EXPECT_EQ(trunks(kEpochs, {std::string("schedule=") + schedule}), 0) << schedule;
  EXPECT_EQ(trunks(kEpochs, {"max_steps=100"}), 0);
  EXPECT_EQ(trunks(stable_sweep("{grid: {lora_rank: [8, 16]}}"), {}), 0);
  EXPECT_EQ(trunks(stable_sweep("{list: [{epochs: 1, lora_rank: 8}, {epochs: 2, lora_rank: 16}]}"), {}), 0);
}

TEST_F(PlanTest, CooldownActsOnStageTwoOfItsOwnScheduleOnly) {
  const std::string own = "schedule=warmup_stable_decay";
  EXPECT_EQ(keys({"cooldown_ratio=0.5"}), keys({}));
  EXPECT_EQ(keys({own, "cooldown_ratio=0.5"}).at("connector"), keys({}).at("connector"));
  EXPECT_NE(keys({own, "cooldown_ratio=0.5"}).at("finetune"), keys({own}).at("finetune"));
  EXPECT_NE(keys({"schedule=linear"}).at("connector"), keys({}).at("connector"));
}

TEST_F(PlanTest, StagesOfStageTwoAreExpectedToTakeTheTimeOfTheirEpochs) {
  // An epoch took 40 s, in one piece and under another schedule.
  for (const PlannedStage& stage : plan("baseline: {epochs: 2}\nbenchmarks: [scenetext]\n").stages)
    finish(*stage.request, 80);
  const Plan planned = plan(kEpochs, {"seeds=[1]"});
  for (const PlannedStage& stage : planned.stages) {
    if (stage.request->kind != "trunk" && stage.request->kind != "finetune") continue;
    ASSERT_TRUE(stage.seconds.has_value());
    EXPECT_DOUBLE_EQ(*stage.seconds, 40 * stage.request->own_epochs);
  }
  EXPECT_THAT(plan_as_text(planned),
              HasSubstr("trunks: 4.5 epochs of stage 2 are trained in place of 7, which "
                        "saves about 1 min 40 s\n"));
  EXPECT_THAT(plan_as_text(planned), HasSubstr("once for 3 trials; no trunk stage yet"));
}

/// A grid of cells with two seeds each.
std::string grid(int ranks, int epochs) {
  std::string text = "vary: {grid: {lora_rank: [";
  for (int rank = 1; rank <= ranks; ++rank) text += std::to_string(rank) + ",";
  text += "], epochs: [";
  for (int epoch = 1; epoch <= epochs; ++epoch) text += std::to_string(epoch) + ",";
  return text +
         "]}}\nseeds: [1, 2]\nbenchmarks: [scenetext]\nbaseline: {lora_alpha: '${lora_rank}'}\n"
         "exclude: [\"finetune == 'full'\"]\n";
}

TEST_F(PlanTest, AThousandTrialsShareWhatTheyCan) {
  const Plan planned = plan(grid(100, 5));
  EXPECT_EQ(planned.trials.size(), 1000U);
  EXPECT_EQ(planned.stages.size(), 2004U);
  EXPECT_THAT(plan_as_text(planned), HasSubstr("1000 trials"));
}

TEST_F(PlanTest, TwiceTheCellsAreTwiceTheWork) {
  constexpr double kMost = 2.5;
  const double times = test::growth(
      kMost, [&] { (void)plan_as_text(plan(grid(25, 5))); }, [&] { (void)plan_as_text(plan(grid(50, 5))); });
  EXPECT_LE(times, kMost) << "of 250 trials and 500";
}

TEST_F(PlanTest, TextNamesStatusTimeAndReason) {
  const Plan first = plan(kRanks);
  for (const PlannedStage& stage : first.stages) {
    if (stage.request->kind != "finetune") finish(*stage.request, 90);
  }
  const std::string text = plan_as_text(plan(kRanks));
  EXPECT_THAT(text, HasSubstr("s: 6 trials\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "lora_rank=8,seed=1   reuse data, reuse leaks, reuse features, reuse connector, run finetune"));
  EXPECT_THAT(
      text, HasSubstr("16 stages: 6 to run, 0 to run once and share, 10 to reuse; estimated time: 0 s and 6 "
                      "stages of unknown time"));
  EXPECT_EQ(duration_as_text(3725), "1 h 02 min");
  EXPECT_EQ(duration_as_text(125), "2 min 05 s");
}

TEST_F(PlanTest, SweepRecordHoldsWhatTheDatabaseIsFilledFrom) {
  const nlohmann::ordered_json record = sweep_record(plan(kRanks), "2026-11-24T08:00:00Z");
  EXPECT_EQ(record.at("sweep"), "s");
  EXPECT_EQ(record.at("factors").dump(), R"([{"name":"lora_rank","levels":["8","16","32"]}])");
  EXPECT_EQ(record.at("seeds").dump(), "[1,2]");
  EXPECT_EQ(record.at("benchmarks").dump(), R"(["scenetext"])");
  const auto& trial = record.at("trials").at(0);
  EXPECT_EQ(trial.at("trial"), "lora_rank=8,seed=1");
  EXPECT_EQ(trial.at("levels").dump(), R"({"lora_rank":"8"})");
  EXPECT_EQ(trial.at("config").at("lora_rank"), 8);
  EXPECT_EQ(trial.at("stages").size(), 6U);
  EXPECT_THAT(record.at("spec_text").get<std::string>(), HasSubstr("lora_rank: [8, 16, 32]"));
}

TEST(CommittedSweeps, AreAllAccepted) {
  const std::filesystem::path sweeps = std::filesystem::path(IMP_SOURCE) / "sweeps";
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(sweeps)) {
    if (entry.path().extension() != ".yaml") continue;
    ++found;
    EXPECT_NO_THROW({ EXPECT_FALSE(load_sweep(entry.path()).trials.empty()); }) << entry.path();
  }
  EXPECT_GE(found, 3U);
  const TemporaryFolder folder;
  for (const auto& entry : std::filesystem::directory_iterator(sweeps / "profiles")) {
    const auto file = folder.write("s.yaml", "version: 1\nname: s\nextends: " + entry.path().string() + "\n");
    EXPECT_NO_THROW(static_cast<void>(load_sweep(file))) << entry.path();
  }
}

}  // namespace
}  // namespace imp::harness
