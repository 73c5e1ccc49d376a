// SPDX-License-Identifier: Apache-2.0
// The formula of training against the products that LibTorch really runs, to the last one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/train/llava_task.h"
#include "models/lora/lora_adapter.h"
#include "tests/models/layers/tiny_models.h"
#include "tests/models/product_counter.h"

namespace imp::harness {
namespace {

using models::test::ProductCounter;
using models::test::random_tensor;

constexpr int64_t kVisionHidden = 6, kFeatures = 3;

TrainingRow row(int64_t question, int64_t answer, bool picture) {
  TrainingRow made;
  const auto add = [&](int32_t id, bool learned) {
    made.encoded.ids.push_back(id);
    made.encoded.labels.push_back(learned ? id : models::kIgnoreLabel);
    made.encoded.turns.push_back(0);
  };
  if (picture) {
    made.images = {"a"};
    for (int i = 0; i < kFeatures; ++i) {
      made.encoded.image_positions.push_back(i);
      add(models::kImagePlaceholder, false);
    }
  }
  for (int32_t i = 0; i < question; ++i) add(i + 1, false);
  for (int32_t i = 0; i < answer; ++i) add(i + 9, true);
  return made;
}

struct Case {
  std::string name = {};
  models::TextFamily family = models::TextFamily::phi;
  Finetune finetune = Finetune::lora;
  int64_t rank = 0;
  double dropout = 0.0;
  std::string targets = {};
  bool recompute = false, pictures = true;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& [family, name] :
       {std::pair(models::TextFamily::phi, "Phi"), std::pair(models::TextFamily::llama, "Llama")}) {
    const auto add = [&, of = family, prefix = std::string(name)](Case made) {
      made.name = prefix + made.name;
      made.family = of;
      all.push_back(std::move(made));
    };
    add({.name = "Projector", .finetune = Finetune::projector});
    add({.name = "Factored", .rank = 1});
    add({.name = "Merged", .rank = 14});
    add({.name = "Dropout", .rank = 14, .dropout = 0.1});
    add({.name = "SomeLayers", .rank = 2, .targets = R"(.*\.(v_proj|fc2|down_proj))"});
    add({.name = "Full", .finetune = Finetune::full});
    add({.name = "FactoredRecomputed", .rank = 1, .recompute = true});
    add({.name = "FactoredWithoutPictures", .rank = 1, .pictures = false});
    add({.name = "LastLayerWithoutPictures",
         .rank = 1,
         .targets = R"(model\.layers\.2\.mlp\..*)",
         .pictures = false});
    add({.name = "RecomputedWithoutPictures", .rank = 1, .recompute = true, .pictures = false});
    add({.name = "FullWithoutPictures", .finetune = Finetune::full, .pictures = false});
  }
  return all;
}

class TrainingFlops : public testing::TestWithParam<Case> {};

TEST_P(TrainingFlops, AreThoseOfTheProductsThatRun) {
  const Case& param = GetParam();
  const auto model = models::test::tiny_text_model(param.family);
  model->recompute_blocks(param.recompute);
  if (param.finetune == Finetune::lora)
    (void)models::attach_lora(*model, {param.rank, 4.0, param.dropout, param.targets}, 1);
  models::Projector projector = models::make_projector(kVisionHidden, model->config().hidden_size, 3);
  const RowList rows(
      {row(2, 1, param.pictures), row(5, 3, param.pictures), row(4, 2, false), row(1, 7, param.pictures)});
  LlavaTaskOptions options;
  options.finetune = param.finetune;
  options.sampler = Sampler::sequential;
  options.batch_size = 4;
  options.micro_batch = 3;  // two micro-batches, rows of several lengths
  LlavaTask task(options, rows, *model, projector, [](const std::vector<std::string>& names) {
    return random_tensor({static_cast<int64_t>(names.size()), kFeatures, kVisionHidden}, 5);
  });
  const auto groups = task.parameter_groups();
  for (int64_t micro = 0; micro < 2; ++micro) {
    const ProductCounter counter;
    const MicroBatchLoss part = task.forward(0, micro);
    part.loss.backward();
    EXPECT_GT(counter.attention_flops(), 0.0);
    EXPECT_DOUBLE_EQ(part.flops, counter.flops());
  }
}

INSTANTIATE_TEST_SUITE_P(Of, TrainingFlops, testing::ValuesIn(cases()),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace imp::harness
