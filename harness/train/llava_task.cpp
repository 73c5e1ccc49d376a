// SPDX-License-Identifier: Apache-2.0
#include "harness/train/llava_task.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "harness/train/autocast.h"
#include "models/device/compute_device.h"
#include "models/device/upload.h"
#include "models/io/error.h"
#include "models/lora/lora_adapter.h"

namespace imp::harness {
namespace {

/// Tokens of a row that are learned; the first token has no predecessor to be learned from.
int64_t supervised_tokens(const models::EncodedRow& row) {
  if (row.labels.empty()) return 0;
  return std::count_if(row.labels.begin() + 1, row.labels.end(),
                       [](int32_t label) { return label != models::kIgnoreLabel; });
}

}  // namespace

LlavaTask::LlavaTask(const LlavaTaskOptions& options, const RowSource& rows, models::TextModel& model,
                     models::Projector& projector, Features features)
    : options_(options), rows_(rows), model_(model), projector_(projector), features_(std::move(features)) {
  for (int64_t i = 0; i < rows_.size(); ++i) lengths_.push_back(rows_.modality_length(i));
  training_.full = options_.finetune == Finetune::full;
  training_.recompute = model_.recomputes_blocks();
  for (const models::NamedLinear& entry : model_.linears()) {
    if (!entry.linear->adapter) continue;
    training_.lora_ranks[entry.name] = entry.linear->adapter->lora_A.size(0);
    training_.lora_dropout |= entry.linear->adapter->dropout > 0.0;
  }
  int64_t row = 0;
  while (row < rows_.size() && supervised_tokens(rows_.row(row).encoded) == 0) ++row;
  if (row == rows_.size())
    throw Error("the training data has no token to learn; its rows may be longer than max_length");
  if (can_be_recorded()) graphs_ = std::make_unique<StepGraphs>(options_.device);
}

bool LlavaTask::can_be_recorded() const {
  return !options_.device.is_cpu() && !training_.lora_dropout && !model_.config().first_rescaled_position();
}

std::vector<ParameterGroup> LlavaTask::parameter_groups() {
  ParameterGroup language, connector;
  language.learning_rate = options_.learning_rate;
  connector.learning_rate = options_.projector_learning_rate;
  language.weight_decay = connector.weight_decay = options_.weight_decay;
  // A tensor of a mapped file must not be written: what is trained gets memory of its own, in float32.
  const auto train = [device = options_.device](ParameterGroup& group) {
    return [&group, device](const std::string& name, at::Tensor& tensor) {
      tensor = tensor.detach()
                   .to(at::TensorOptions(device).dtype(at::kFloat), /*non_blocking=*/false, /*copy=*/true)
                   .set_requires_grad(true);
      group.parameters.push_back({name, tensor});
    };
  };
  if (options_.finetune == Finetune::lora) models::visit_adapter(model_, train(language));
  if (rounds_adapters()) round_adapters(language);
  if (options_.finetune == Finetune::full) model_.visit_parameters(train(language));
  projector_.visit_parameters(train(connector));
  if (language.parameters.empty()) return {connector};
  return {language, connector};
}

bool LlavaTask::rounds_adapters() const {
  return options_.bfloat16 && !options_.device.is_cpu() && options_.finetune == Finetune::lora;
}

void LlavaTask::round_adapters(ParameterGroup& language) {
  size_t i = 0;
  models::visit_adapter(model_, [&](const std::string&, at::Tensor& tensor) {
    tensor = language.parameters[i++].tensor.detach().to(at::kBFloat16).set_requires_grad(true);
  });
  model_.join_projections();
  i = 0;
  models::visit_adapter(model_, [&](const std::string&, at::Tensor& tensor) {
    NamedParameter& parameter = language.parameters[i++];
    parameter.tensor = parameter.tensor.detach();
    parameter.rounded = tensor;
    masters_.push_back(parameter.tensor);
  });
}

void LlavaTask::finish() {
  if (masters_.empty()) return;
  size_t i = 0;
  models::visit_adapter(model_, [&](const std::string&, at::Tensor& tensor) { tensor = masters_[i++]; });
  masters_.clear();
}

int64_t LlavaTask::steps_per_epoch() const {
  return (rows_.size() + options_.batch_size - 1) / options_.batch_size;
}

int64_t LlavaTask::total_steps() const {
  return options_.max_steps > 0 ? options_.max_steps : steps_per_epoch() * options_.epochs;
}

std::vector<int64_t> LlavaTask::rows_of(int64_t step) const {
  const int64_t epoch = step / steps_per_epoch(), place = step % steps_per_epoch();
  if (epoch != ordered_epoch_) {
    order_ = epoch_order(options_.sampler, lengths_, options_.batch_size, 1, options_.seed, epoch);
    ordered_epoch_ = epoch;
  }
  const auto begin = order_.begin() + place * options_.batch_size;
  return {begin, begin + std::min<int64_t>(options_.batch_size, order_.end() - begin)};
}

std::string LlavaTask::data_of(int64_t step) const {
  std::string numbers;
  for (const int64_t row : rows_of(step)) numbers += (numbers.empty() ? "" : ", ") + std::to_string(row + 1);
  return "rows " + numbers;
}

int64_t LlavaTask::micro_batches(int64_t step) const {
  const auto rows = static_cast<int64_t>(rows_of(step).size());
  return (rows + options_.micro_batch - 1) / options_.micro_batch;
}

LlavaTask::Step LlavaTask::make_step(int64_t step, const std::vector<int64_t>& numbers) const {
  Step made;
  made.step = step;
  for (const int64_t row : numbers) made.rows.push_back(rows_.row(row));
  for (size_t i = 0; i < made.rows.size(); ++i) {
    if (static_cast<int64_t>(i) % options_.micro_batch == 0) made.supervised.push_back(0);
    made.supervised.back() += supervised_tokens(made.rows[i].encoded);
  }
  return made;
}

at::Tensor LlavaTask::places_of(const Batch& batch) const {
  std::vector<int64_t> kept;
  int64_t first = 0;
  for (const TrainingRow* row : batch.rows) {
    const auto places = static_cast<int64_t>(row->encoded.image_positions.size());
    for (int64_t i = 0; i < places; ++i) kept.push_back(first + i);
    first += static_cast<int64_t>(row->images.size()) * batch.features.size(1);
  }
  return static_cast<int64_t>(kept.size()) == first ? at::Tensor() : models::upload(kept, options_.device);
}

LlavaTask::Batch LlavaTask::make_batch(const Step& step, int64_t micro_batch) const {
  Batch batch;
  if (step.supervised[static_cast<size_t>(micro_batch)] == 0) return batch;
  std::vector<const models::EncodedRow*> encoded;
  std::vector<std::string> pictures;
  const auto begin = static_cast<size_t>(micro_batch * options_.micro_batch);
  const size_t end = std::min(step.rows.size(), begin + static_cast<size_t>(options_.micro_batch));
  for (size_t i = begin; i < end; ++i) {
    const TrainingRow& row = step.rows[i];
    encoded.push_back(&row.encoded);
    batch.rows.push_back(&row);
    pictures.insert(pictures.end(), row.images.begin(), row.images.end());
  }
  // Multiples that cost a few per cent of the tokens and leave a few shapes.
  const BatchFilling filling =
      graphs_ ? BatchFilling{128, 64, options_.isolated_turns ? 8 : 1} : BatchFilling{};
  batch.tokens = pack_rows(encoded, options_.isolated_turns, options_.device, filling);
  if (pictures.empty()) return batch;
  batch.features = models::upload(features_(pictures), options_.device);
  batch.kept = places_of(batch);
  return batch;
}

void LlavaTask::prepare(int64_t step) {
  ahead_ = std::async(std::launch::async, [this, step, numbers = rows_of(step),
                                           stream = models::current_stream(options_.device)] {
    const std::optional<models::StreamGuard> same_stream(std::in_place, *stream);
    Step made = make_step(step, numbers);
    made.first = make_batch(made, 0);
    return made;
  });
}

const LlavaTask::Step& LlavaTask::step_of(int64_t step) {
  if (current_.step == step) return current_;
  if (ahead_.valid()) current_ = ahead_.get();
  if (current_.step != step) current_ = make_step(step, rows_of(step));
  return current_;
}

at::Tensor LlavaTask::projected_features(const Batch& batch) {
  if (!batch.features.defined()) return {};
  const at::Tensor projected =
      [&] {
        if (options_.device.is_cpu()) return projector_.forward(batch.features);
        const AutocastGuard autocast(options_.bfloat16, options_.device.type());
        return projector_.forward(batch.features.to(at::kFloat));
      }()
          .flatten(0, 1);
  return batch.kept.defined() ? projected.index_select(0, batch.kept) : projected;
}

double LlavaTask::flops_of(const Batch& batch) const {
  int64_t pictures = 0;
  for (const TrainingRow* row : batch.rows) pictures += static_cast<int64_t>(row->images.size());
  models::TextTraining training = training_;
  training.inputs_learn = pictures > 0;
  const TokenBatch& tokens = batch.tokens;
  const int64_t longest = *std::max_element(tokens.lengths.begin(), tokens.lengths.end());
  const models::TextPass pass = models::training_pass(tokens.tokens(), tokens.supervised(),
                                                      static_cast<int64_t>(tokens.lengths.size()), longest);
  return models::training_flops(model_.config(), pass, training) +
         models::projector_training_flops(projector_.linear_1.in_features(), model_.config().hidden_size,
                                          batch.features.defined() ? pictures * batch.features.size(1) : 0);
}

MicroBatchLoss LlavaTask::forward(int64_t step, int64_t micro_batch) {
  const Step& rows = step_of(step);
  const std::vector<int64_t>& supervised = rows.supervised;
  if (supervised[static_cast<size_t>(micro_batch)] == 0) return {};
  const Batch batch = micro_batch == 0 && rows.first ? *rows.first : make_batch(rows, micro_batch);
  const double flops = flops_of(batch);
  const int64_t tokens = batch.tokens.tokens();
  const auto all = static_cast<double>(supervised.size());
  const auto empty = static_cast<double>(std::count(supervised.begin(), supervised.end(), 0));
  const int64_t whole = std::accumulate(supervised.begin(), supervised.end(), int64_t{0});
  // LLaVA's trainer divides by all micro-batches; the loss that is logged is the mean over those that have
  // one.
  const double divisor = options_.mean_of_micro_batches ? static_cast<double>(batch.tokens.supervised()) * all
                                                        : static_cast<double>(whole);
  const double logged_scale = options_.mean_of_micro_batches ? all / (all - empty) : 1.0;
  if (graphs_) {
    const at::Tensor loss = run_graph(batch, 1.0 / divisor);
    current_.first.reset();
    return {loss, tokens, logged_scale, flops, /*differentiated=*/true};
  }
  // Each micro-batch drops its own channels; 65536 is the most that a step can have.
  const uint64_t dropout_step = (static_cast<uint64_t>(step) << 16) + static_cast<uint64_t>(micro_batch) + 1;
  const at::Tensor sum = loss_sum(batch, dropout_step);
  current_.first.reset();
  return {sum / divisor, tokens, logged_scale, flops};
}

at::Tensor LlavaTask::loss_sum(const Batch& batch, uint64_t dropout_step) {
  const at::Tensor projected = projected_features(batch);
  const bool full = options_.finetune == Finetune::full && options_.bfloat16 && !options_.device.is_cpu();
  const AutocastGuard autocast(full, options_.device.type());
  return summed_loss(model_, batch.tokens, projected, {}, dropout_step);
}

at::Tensor LlavaTask::run_graph(const Batch& batch, double scale) {
  const TokenBatch& tokens = batch.tokens;
  const models::AttentionSpans& spans = *tokens.layout.spans;
  std::vector<at::Tensor> inputs{at::full({}, scale, at::TensorOptions(options_.device).dtype(at::kFloat)),
                                 tokens.input_ids,
                                 tokens.selected,
                                 tokens.targets,
                                 tokens.image_places,
                                 tokens.layout.position_ids,
                                 spans.query_starts_on_device,
                                 spans.key_starts_on_device};
  for (const at::Tensor& sometimes : {spans.key_rows, batch.features, batch.kept})
    inputs.push_back(sometimes.defined() ? sometimes : at::empty({0}, at::TensorOptions(options_.device)));
  const std::string shape = std::to_string(spans.longest_query) + "," + std::to_string(spans.longest_key);
  return graphs_->run(inputs, shape, [this, &batch, &spans](const std::vector<at::Tensor>& given) {
    auto there = std::make_shared<models::AttentionSpans>(spans);
    there->query_starts_on_device = given[6];
    there->key_starts_on_device = given[7];
    Batch same = batch;
    same.tokens.input_ids = given[1];
    same.tokens.selected = given[2];
    same.tokens.targets = given[3];
    same.tokens.image_places = given[4];
    same.tokens.layout.position_ids = given[5];
    if (spans.key_rows.defined()) there->key_rows = given[8];
    if (batch.features.defined()) same.features = given[9];
    if (batch.kept.defined()) same.kept = given[10];
    same.tokens.layout.spans = there;
    return loss_sum(same, 0) * given[0];
  });
}

}  // namespace imp::harness
