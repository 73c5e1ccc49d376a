// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/train/sampler.h"
#include "harness/train/step_graphs.h"
#include "harness/train/token_batch.h"
#include "harness/train/training_loop.h"
#include "models/config/flop_count.h"
#include "models/llava/projector.h"
#include "models/text/text_model.h"

namespace imp::harness {

/// What of a LLaVA is trained beside the projector.
enum class Finetune { projector, lora, full };

struct LlavaTaskOptions {
  Finetune finetune = Finetune::projector;
  int64_t epochs = 1, max_steps = 0;  ///< max_steps 0: no limit
  int64_t batch_size = 16, micro_batch = 16;
  double learning_rate = 2e-4;  ///< of the language model or its adapter
  double projector_learning_rate = 2e-5;
  double weight_decay = 0.0;
  bool mean_of_micro_batches =
      false;  ///< LLaVA's trainer; else the token mean over the step (design: numerics)
  bool isolated_turns = false;
  Sampler sampler = Sampler::shuffle;
  uint64_t seed = 1;
  at::Device device = at::kCPU;
  bool bfloat16 =
      false;  ///< on a GPU: products of what is trained whole are made in bfloat16, from float32 masters
};

/// A row ready to train on, with the names of its pictures.
struct TrainingRow {
  models::EncodedRow encoded;       ///< empty for a row that is left out
  std::vector<std::string> images;  ///< one for each run of placeholders, in order; the last run may be cut
  int64_t modality_length = 0;
};

/// Rows by number. They may be made when they are asked for.
class RowSource {
 public:
  virtual ~RowSource() = default;
  [[nodiscard]] virtual int64_t size() const = 0;
  [[nodiscard]] virtual int64_t modality_length(int64_t row) const = 0;
  [[nodiscard]] virtual TrainingRow row(int64_t row) const = 0;
};

/// Rows that are all in memory.
class RowList : public RowSource {
 public:
  explicit RowList(std::vector<TrainingRow> rows) : rows_(std::move(rows)) {}
  [[nodiscard]] int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  [[nodiscard]] int64_t modality_length(int64_t row) const override {
    return rows_[static_cast<size_t>(row)].modality_length;
  }
  [[nodiscard]] TrainingRow row(int64_t row) const override { return rows_[static_cast<size_t>(row)]; }
  [[nodiscard]] TrainingRow& operator[](size_t row) { return rows_[row]; }

 private:
  std::vector<TrainingRow> rows_;
};

/// Training of a projector, an adapter or the whole language model of a LLaVA on encoded rows and cached
/// image features.
class LlavaTask : public TrainingTask {
 public:
  /// Features of pictures by name, [pictures, image tokens, vision hidden]; names follow the rows' order.
  using Features = std::function<at::Tensor(const std::vector<std::string>&)>;

  /// rows, model and projector must outlive the task. Rows are asked for step by step. Rows without a learned
  /// token are left out of the loss only. Throws imp::Error (usage) if no row has a learned token.
  LlavaTask(const LlavaTaskOptions& options, const RowSource& rows, models::TextModel& model,
            models::Projector& projector, Features features);

  /// The language model's group comes first (its rate is the one logged), then the projector's.
  [[nodiscard]] std::vector<ParameterGroup> parameter_groups() override;
  [[nodiscard]] int64_t total_steps() const override;
  [[nodiscard]] int64_t steps_per_epoch() const override;
  [[nodiscard]] int64_t micro_batches(int64_t step) const override;
  [[nodiscard]] MicroBatchLoss forward(int64_t step, int64_t micro_batch) override;
  [[nodiscard]] bool keeps_gradients() const override { return graphs_ != nullptr; }
  void prepare(int64_t step) override;
  /// Rows as they stand in the training data, from 1.
  [[nodiscard]] std::string data_of(int64_t step) const override;
  void finish() override;

 private:
  /// A micro-batch on the device.
  struct Batch {
    TokenBatch tokens;
    std::vector<const TrainingRow*> rows;
    at::Tensor features;  ///< [pictures, image tokens, vision hidden]; undefined without pictures
    at::Tensor kept;      ///< [places] int64: of the features' rows, those that have a place; undefined: all
  };
  /// What a step trains on.
  struct Step {
    int64_t step = -1;
    std::vector<TrainingRow> rows;
    std::vector<int64_t> supervised;  ///< tokens of each micro-batch
    std::optional<Batch> first;       ///< its first micro-batch, where that was made ahead
  };
  [[nodiscard]] Step make_step(int64_t step, const std::vector<int64_t>& numbers) const;
  /// Of a micro-batch's features' rows those that have a place: a row that was cut inside of a picture has
  /// fewer than its pictures have features. Undefined: all.
  [[nodiscard]] at::Tensor places_of(const Batch& batch) const;
  [[nodiscard]] Batch make_batch(const Step& step, int64_t micro_batch) const;
  [[nodiscard]] const Step& step_of(int64_t step);
  /// Whether adapters are computed with in bfloat16, rounded from float32 masters once a step. (On the CPU
  /// each layer rounds them where it needs them.)
  [[nodiscard]] bool rounds_adapters() const;
  void round_adapters(ParameterGroup& language);
  /// Rows of a step, in order; the last step of an epoch may be smaller.
  [[nodiscard]] std::vector<int64_t> rows_of(int64_t step) const;
  /// [places, text hidden] of the rows' pictures, one after another; undefined where there is none.
  [[nodiscard]] at::Tensor projected_features(const Batch& batch);
  [[nodiscard]] at::Tensor loss_sum(const Batch& batch, uint64_t dropout_step);
  /// The loss times `scale`, forward and backward on a GPU.
  [[nodiscard]] at::Tensor run_graph(const Batch& batch, double scale);
  /// Whether every pass over a shape is the same work: nothing is drawn, nothing is looked at on the way.
  [[nodiscard]] bool can_be_recorded() const;
  /// Of a batch forward and backward, with the projector on all features of the rows' pictures.
  [[nodiscard]] double flops_of(const Batch& batch) const;

  LlavaTaskOptions options_;
  const RowSource& rows_;
  models::TextModel& model_;
  models::Projector& projector_;
  Features features_;
  models::TextTraining training_;  ///< of batches with pictures
  std::vector<int64_t> lengths_;
  std::unique_ptr<StepGraphs> graphs_;  ///< on a GPU, where passes can be recorded
  Step current_;
  std::future<Step> ahead_;          ///< the next step, made beside this one
  std::vector<at::Tensor> masters_;  ///< of rounded adapters, in the order of models::visit_adapter
  mutable int64_t ordered_epoch_ = -1;
  mutable std::vector<int64_t> order_;  ///< of the epoch that was asked for last
};

}  // namespace imp::harness
