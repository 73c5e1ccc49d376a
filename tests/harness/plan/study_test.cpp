// SPDX-License-Identifier: Apache-2.0
// The study's own sweep files, planned as they are committed: how many trials, and which stages those share.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "harness/plan/plan.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

const fs::path kSweeps = fs::path(IMP_SOURCE) / "sweeps";

struct Expected {
  const char* sweep;
  std::size_t trials, connectors, finetunes;
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.sweep;
}

std::map<std::string, std::size_t> count_stages(const Plan& plan) {
  std::map<std::string, std::size_t> stages;
  for (const PlannedStage& stage : plan.stages) ++stages[stage.request->kind];
  return stages;
}

class StudySweep : public testing::TestWithParam<Expected> {};

TEST_P(StudySweep, HasThePapersCellsAndSharesItsStages) {
  const Expected& expected = GetParam();
  const TemporaryFolder folder;
  const Plan plan =
      make_plan(load_sweep(kSweeps / (std::string(expected.sweep) + ".yaml")), folder.path() / "runs");
  std::map<std::string, std::size_t> stages = count_stages(plan);
  EXPECT_EQ(plan.trials.size(), expected.trials);
  EXPECT_EQ(stages["connector"], expected.connectors);
  EXPECT_EQ(stages["finetune"], expected.finetunes);
  EXPECT_EQ(stages["eval"], 3 * expected.finetunes) << "three benchmarks";
}

INSTANTIATE_TEST_SUITE_P(All, StudySweep,
                         testing::Values(Expected{"connector_seed", 6, 3, 6}, Expected{"data_mix", 15, 1, 15},
                                         Expected{"encoder", 12, 4, 12}, Expected{"encoder_floor", 6, 2, 6},
                                         Expected{"epochs", 9, 1, 9}, Expected{"finetuning", 6, 1, 6},
                                         Expected{"finetuning_rates", 8, 1, 8},
                                         Expected{"full_grid", 72, 6, 72}, Expected{"llm", 12, 4, 12},
                                         Expected{"lora_rank", 9, 1, 9}, Expected{"roadmap", 18, 3, 18},
                                         Expected{"schedules", 12, 1, 12}),
                         [](const testing::TestParamInfo<Expected>& test) {
                           return std::string(test.param.sweep);
                         });

/// A folder in which paths of a sweep file are looked up, until the test ends.
class CurrentFolder {
 public:
  explicit CurrentFolder(const fs::path& folder) : before_(fs::current_path()) { fs::current_path(folder); }
  ~CurrentFolder() { fs::current_path(before_); }
  CurrentFolder(const CurrentFolder&) = delete;
  CurrentFolder& operator=(const CurrentFolder&) = delete;

 private:
  fs::path before_;
};

/// Stand-ins for the published models and data, as far as planning looks at them.
void write_published_inputs(const TemporaryFolder& folder) {
  for (const char* model : {"phi-2", "mobilellama-2.7b", "siglip-so400m-patch14-384",
                            "clip-vit-large-patch14-336", "vit-large-patch16-224"}) {
    folder.write(std::string("models/") + model + "/config.json",
                 std::string("{\"model\": \"") + model + "\"}");
    folder.write(std::string("models/") + model + "/model.safetensors", model);
  }
  for (const char* file :
       {"data/llava/images/0.jpg", "data/llava/blip_laion_cc_sbu_558k.json",
        "data/llava/llava_v1_5_mix665k.json", "data/imp/mix643k.json", "data/imp/mix675k.json",
        "data/imp/mix705k.json", "data/imp/imp_1m.json", "data/coco/val2014/0.jpg", "data/gqa/images/0.jpg",
        "data/textvqa/train_images/0.jpg", "data/eval/vqav2/v2_OpenEnded_mscoco_val2014_questions.json",
        "data/eval/gqa/testdev_balanced_questions.json", "data/textvqa/TextVQA_0.5.1_val.json",
        "data/eval/scienceqa/problems.json", "data/eval/scienceqa/images/test/0.jpg",
        "data/eval/pope/coco_pope_random.json", "data/eval/mmbench/mmbench_dev_20230712.tsv",
        "data/eval/mmbench/images/0.jpg"}) {
    folder.write(file, std::string("stands for ") + file);
  }
}

TEST(StudyAtItsRealSize, IsPlannedWithTheRowsOfThePapersTable) {
  const TemporaryFolder folder;
  write_published_inputs(folder);
  const CurrentFolder here(folder.path());
  const Plan plan = make_plan(load_sweep(kSweeps / "imp_3b.yaml"), folder.path() / "runs");
  std::map<std::string, std::size_t> stages = count_stages(plan);
  EXPECT_EQ(plan.trials.size(), 39U) << "13 rows of table 1, three seeds each";
  EXPECT_EQ(stages["finetune"], 39U);
  EXPECT_EQ(stages["connector"], 4U) << "one a pair of language model and encoder";
  EXPECT_EQ(stages["eval"], 6U * 39U);
}

}  // namespace
}  // namespace imp::harness
