// SPDX-License-Identifier: Apache-2.0
#include "harness/train/llava_task.h"

#include <gtest/gtest.h>

#include <map>

#include "models/io/error.h"
#include "models/lora/lora_adapter.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::harness {
namespace {

using models::kIgnoreLabel;
using models::kImagePlaceholder;
using models::test::largest_difference;
using models::test::random_tensor;

constexpr int64_t kVisionHidden = 6;

/// A row of a picture (two features), a question of which nothing is learned, and an answer.
TrainingRow row(const std::vector<int32_t>& question, const std::vector<int32_t>& answer,
                const std::string& image) {
  TrainingRow made;
  if (!image.empty()) made.images = {image};
  const auto add = [&](int32_t id, bool learned, int32_t turn) {
    made.encoded.ids.push_back(id);
    made.encoded.labels.push_back(learned ? id : kIgnoreLabel);
    made.encoded.turns.push_back(turn);
  };
  add(1, false, 0);
  if (!image.empty()) {
    for (int i = 0; i < 2; ++i) {
      made.encoded.image_positions.push_back(static_cast<int32_t>(made.encoded.ids.size()));
      add(kImagePlaceholder, false, 0);
    }
  }
  for (const int32_t id : question) add(id, false, 1);
  for (const int32_t id : answer) add(id, true, 1);
  made.modality_length = static_cast<int64_t>(question.size() + answer.size()) * (image.empty() ? -1 : 1);
  return made;
}

std::vector<TrainingRow> rows() {
  return {row({5, 6}, {7}, "a"),        row({8}, {9, 10, 11, 12}, "b"), row({13, 14, 15}, {16, 17}, ""),
          row({18}, {19, 20, 21}, "a"), row({22, 23}, {24}, "c"),       row({25}, {26, 27}, "")};
}

/// Two features a picture, the first by the first letter of its name and the second by the last.
at::Tensor features_of(const std::vector<std::string>& names) {
  std::vector<at::Tensor> all;
  for (const std::string& name : names) {
    for (const char letter : {name.front(), name.back()})
      all.push_back(random_tensor({1, 1, kVisionHidden}, all.size() % 2 + 2 * static_cast<uint64_t>(letter)));
  }
  return at::cat(all).view({-1, 2, kVisionHidden});
}

LlavaTaskOptions sequential(int64_t batch, int64_t micro) {
  LlavaTaskOptions options;
  options.finetune = Finetune::lora;
  options.sampler = Sampler::sequential;
  options.batch_size = batch;
  options.micro_batch = micro;
  return options;
}

/// A model, a projector and a task; one step's gradients by name.
struct Setting {
  explicit Setting(const LlavaTaskOptions& options, double dropout = 0.0,
                   std::vector<TrainingRow> list = rows())
      : data(std::move(list)) {
    (void)models::attach_lora(*model, {4, 4.0, dropout, ""}, 1);
    uint64_t seed = 500;
    models::visit_adapter(
        *model, [&](const std::string&, at::Tensor& t) { t = random_tensor(t.sizes().vec(), ++seed) * 0.1; });
    task.emplace(options, data, *model, projector, features_of);
    groups = task->parameter_groups();
  }
  /// Loss and gradients of a step, all micro-batches added.
  std::pair<double, std::map<std::string, at::Tensor>> gradients(int64_t step) {
    double loss = 0.0;
    for (ParameterGroup& group : groups) {
      for (NamedParameter& p : group.parameters) p.tensor.mutable_grad().reset();
    }
    for (int64_t micro = 0; micro < task->micro_batches(step); ++micro) {
      const MicroBatchLoss part = task->forward(step, micro);
      if (!part.loss.defined()) continue;
      part.loss.backward();
      loss += part.loss.item<double>() * part.logged_scale;
    }
    std::map<std::string, at::Tensor> all;
    for (ParameterGroup& group : groups) {
      for (NamedParameter& p : group.parameters) {
        if (p.tensor.grad().defined())
          all[p.name] = p.tensor.grad().clone();  // no picture, no gradient of the projector
      }
    }
    return {loss, all};
  }
  RowList data;
  std::unique_ptr<models::TextModel> model = models::test::tiny_text_model(models::TextFamily::phi);
  models::Projector projector = models::make_projector(kVisionHidden, 16, 3);
  std::optional<LlavaTask> task;
  std::vector<ParameterGroup> groups;
};

TEST(LlavaTask, AccumulatingMicroBatchesEqualsOneBatch) {
  auto [whole_loss, whole] = Setting(sequential(6, 6)).gradients(0);
  for (const int64_t micro : {1, 2, 4}) {
    auto [loss, parts] = Setting(sequential(6, micro)).gradients(0);
    EXPECT_NEAR(loss, whole_loss, 1e-5);
    for (const auto& [name, gradient] : whole)
      EXPECT_LT(largest_difference(parts.at(name), gradient), 2e-5) << name;
  }
}

TEST(LlavaTask, PackingRowsChangesNothing) {
  // The token mean of a batch by hand: rows one at a time, weighted by their learned tokens.
  const double whole = Setting(sequential(6, 6)).gradients(0).first;
  Setting single(sequential(1, 1));
  double sum = 0.0, learned = 0.0;
  for (int64_t step = 0; step < 6; ++step) {
    const auto& labels = single.data[static_cast<size_t>(step)].encoded.labels;
    const auto count = static_cast<double>(
        labels.size() - static_cast<size_t>(std::count(labels.begin(), labels.end(), kIgnoreLabel)));
    sum += count * single.gradients(step).first;
    learned += count;
  }
  EXPECT_NEAR(whole, sum / learned, 1e-5);
}

TEST(LlavaTask, ARowCutInsideItsSecondPictureUsesTheFeaturesThatItHasPlacesFor) {
  const auto loss = [](const std::string& second, const std::string& next) {
    Setting setting(sequential(2, 2));
    setting.data[0] = row({5, 6}, {7}, "a");
    TrainingRow& cut = setting.data[0];
    cut.images.push_back(second);
    cut.encoded.image_positions.push_back(3);  // one place for the second picture's two features
    cut.encoded.ids[3] = kImagePlaceholder;
    setting.data[1] = row({8}, {9, 10}, next);
    return setting.gradients(0).first;
  };
  EXPECT_EQ(loss("bc", "d"), loss("be", "d"));
  EXPECT_NE(loss("bc", "d"), loss("fc", "d"));
  EXPECT_NE(loss("bc", "d"), loss("bc", "g"));
}

TEST(LlavaTask, MeanOfMicroBatchesIsLlavasLoss) {
  LlavaTaskOptions options = sequential(6, 2);
  options.mean_of_micro_batches = true;
  const double loss = Setting(options).gradients(0).first;
  Setting pairs(sequential(2, 2));
  EXPECT_NEAR(loss, (pairs.gradients(0).first + pairs.gradients(1).first + pairs.gradients(2).first) / 3,
              1e-5);
}

/// Hides a row's labels, as LLaVA's count of tokens does.
void mask(TrainingRow& row) {
  std::fill(row.encoded.labels.begin(), row.encoded.labels.end(), kIgnoreLabel);
}

TEST(LlavaTask, AMicroBatchWithNothingToLearnHasNoLoss) {
  Setting setting(sequential(6, 2));
  mask(setting.data[2]);
  mask(setting.data[3]);
  const MicroBatchLoss part = setting.task->forward(0, 1);
  EXPECT_FALSE(part.loss.defined());
  EXPECT_EQ(part.tokens, 0);
  EXPECT_TRUE(setting.task->forward(0, 0).loss.defined());
}

TEST(LlavaTask, TheTokenMeanIsOverTheRowsThatTeach) {
  // Rows of which nothing is learned, masked or without a token, change neither loss nor gradients.
  auto [loss, gradients] = Setting(sequential(6, 6)).gradients(0);
  for (const int64_t micro : {1, 2, 8}) {
    std::vector<TrainingRow> all = rows();
    TrainingRow masked = row({5, 6}, {7, 8}, "b");
    mask(masked);
    all.insert(all.begin() + 2, masked);
    all.insert(all.begin() + 4, TrainingRow{});
    auto [with, with_gradients] = Setting(sequential(8, micro), 0.0, all).gradients(0);
    EXPECT_NEAR(with, loss, 1e-5) << micro;
    for (const auto& [name, gradient] : gradients)
      EXPECT_LT(largest_difference(with_gradients.at(name), gradient), 2e-5) << name;
  }
}

TEST(LlavaTask, MeanOfMicroBatchesLogsThoseThatHaveALossAndDividesGradientsByAll) {
  // LLaVA's trainer: each micro-batch's gradient is divided by their number; the NaN of an empty one is left
  // out of the log, its gradient is zero.
  LlavaTaskOptions options = sequential(6, 2);
  options.mean_of_micro_batches = true;
  auto [whole_loss, whole] = Setting(options).gradients(0);
  Setting setting(options);
  mask(setting.data[2]);
  mask(setting.data[3]);
  auto [loss, gradients] = setting.gradients(0);
  Setting pairs(sequential(2, 2));
  auto [first_loss, first] = pairs.gradients(0);
  auto [third_loss, third] = pairs.gradients(2);
  EXPECT_NEAR(loss, (first_loss + third_loss) / 2, 1e-5);
  for (const auto& [name, gradient] : gradients)
    EXPECT_LT(largest_difference(gradient, (first.at(name) + third.at(name)) / 3), 2e-5) << name;
}

TEST(LlavaTask, AnEpochsLastStepMayBeSmaller) {
  LlavaTaskOptions options = sequential(4, 3);
  options.epochs = 2;
  Setting setting(options);
  EXPECT_EQ(setting.task->total_steps(), 4);
  EXPECT_EQ(setting.task->micro_batches(0), 2);
  EXPECT_EQ(setting.task->micro_batches(1), 1);  // rows 4 and 5
  EXPECT_EQ(setting.task->micro_batches(2), 2);
  EXPECT_NEAR(setting.gradients(0).first, setting.gradients(2).first, 1e-6);  // the second epoch's first step
}

TEST(LlavaTask, DropoutDependsOnStepAndMicroBatchAlone) {
  // Two equal rows: two micro-batches of the same row drop different channels.
  LlavaTaskOptions options = sequential(2, 1);
  Setting setting(options, 0.5);
  setting.data[1] = setting.data[0];
  const double first = setting.task->forward(0, 0).loss.item<double>(),
               second = setting.task->forward(0, 1).loss.item<double>();
  EXPECT_NE(first, second);
  EXPECT_EQ(setting.task->forward(0, 0).loss.item<double>(), first);
  Setting other(options, 0.5);
  other.data[1] = other.data[0];
  EXPECT_EQ(other.task->forward(0, 0).loss.item<double>(), first);
}

TEST(LlavaTask, TrainsWhatItIsAskedTo) {
  LlavaTaskOptions options = sequential(6, 6);
  const auto count = [](const std::vector<ParameterGroup>& groups) {
    size_t all = 0;
    for (const ParameterGroup& group : groups) all += group.parameters.size();
    return all;
  };
  options.finetune = Finetune::projector;
  EXPECT_EQ(count(Setting(options).groups), 4u);
  options.finetune = Finetune::lora;
  EXPECT_EQ(count(Setting(options).groups), 4u + 2 * 18);
  options.finetune = Finetune::full;
  Setting full(options);
  EXPECT_EQ(full.groups.size(), 2u);
  EXPECT_EQ(full.groups[0].learning_rate, options.learning_rate);
  EXPECT_EQ(full.groups[1].learning_rate, options.projector_learning_rate);
}

TEST(TokenBatch, LeavesOutRowsWithoutAToken) {
  const models::EncodedRow none;
  const std::vector<TrainingRow> data = rows();
  const std::vector<const models::EncodedRow*> three{&none, &data[0].encoded, &none};
  const TokenBatch batch = pack_rows(three, true);
  EXPECT_EQ(batch.lengths, std::vector<int64_t>{6});
  EXPECT_EQ(batch.turns.size(), 1u);
}

TEST(LlavaTask, WithNothingToLearnIsRefused) {
  std::vector<TrainingRow> data = rows();
  for (TrainingRow& one : data) std::fill(one.encoded.labels.begin(), one.encoded.labels.end(), kIgnoreLabel);
  const auto model = models::test::tiny_text_model(models::TextFamily::phi);
  models::Projector projector = models::make_projector(kVisionHidden, 16, 3);
  EXPECT_THROW(LlavaTask(sequential(2, 2), RowList(data), *model, projector, features_of), Error);
}

TEST(TokenBatch, LearnsEachTokenFromTheOneBefore) {
  const std::vector<TrainingRow> data = rows();
  const std::vector<const models::EncodedRow*> two{&data[0].encoded, &data[2].encoded};
  const TokenBatch batch = pack_rows(two, true);
  // Row 0: 1 * * 5 6 [7]; row 2: 1 13 14 15 [16 17], which begins at token 6.
  EXPECT_EQ(batch.lengths, (std::vector<int64_t>{6, 6}));
  EXPECT_TRUE(at::equal(batch.selected, at::tensor(std::vector<int64_t>{4, 9, 10}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.targets, at::tensor(std::vector<int64_t>{7, 16, 17}, at::kLong)));
  EXPECT_EQ(batch.image_places.numel(), 2);
  EXPECT_EQ(batch.turns.size(), 2u);
  EXPECT_TRUE(pack_rows(two, false).turns.empty());
}

}  // namespace
}  // namespace imp::harness
