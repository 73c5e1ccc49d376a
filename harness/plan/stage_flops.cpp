// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/stage_flops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <regex>

#include "harness/plan/features_choice.h"
#include "harness/plan/plan_devices.h"
#include "models/config/flop_count.h"
#include "models/config/linear_shapes.h"
#include "models/lora/lora_targets.h"

namespace imp::harness {
namespace {

/// What one of a stage's trainings is made of.
struct Training {
  RowsEstimate rows;
  double epochs = 1;
  std::int64_t max_steps = 0, batch_size = 1, micro_batch = 1;
  bool computes_features = false;
};

double rows_trained(const Training& training) {
  return training.max_steps > 0 ? static_cast<double>(training.max_steps * training.batch_size)
                                : training.epochs * training.rows.rows;
}

/// What of the language model stage 2 trains.
models::TextTraining text_training(const TrialConfig& config, const models::TextConfig& text) {
  models::TextTraining training;
  training.full = config.finetune == "full";
  training.lora_dropout = config.lora_dropout > 0;
  training.recompute = config.recompute == "blocks";
  if (config.finetune != "lora") return training;
  const std::regex targets = models::lora_target_expression(config.lora_targets);
  for (const models::LinearShape& shape : models::linear_shapes(text))
    if (std::regex_match(shape.name, targets)) training.lora_ranks[shape.name] = config.lora_rank;
  return training;
}

/// Of a micro-batch of average rows: forward and backward through projector and language model.
double micro_batch_flops(const Training& training, const models::TextConfig& text,
                         const FeatureShape& features, const models::TextTraining& trained,
                         std::int64_t max_length) {
  const auto rows = training.micro_batch;
  const double row = std::min(
      static_cast<double>(max_length),
      training.rows.text_tokens + training.rows.pictures * static_cast<double>(features.image_tokens));
  const auto times = [&](double count) {
    return static_cast<std::int64_t>(std::llround(static_cast<double>(rows) * count));
  };
  const models::TextPass pass =
      models::training_pass(times(row), times(std::min(row, training.rows.supervised)), rows,
                            static_cast<std::int64_t>(std::llround(row)));
  double flops = models::training_flops(text, pass, trained);
  const double pictures = static_cast<double>(rows) * training.rows.pictures;
  flops += models::projector_training_flops(
      features.width, text.hidden_size,
      static_cast<std::int64_t>(pictures * static_cast<double>(features.image_tokens)));
  return training.computes_features ? flops + pictures * features.flops : flops;
}

}  // namespace

std::optional<double> StageFlops::of(const PlannedTrial& trial, const PlannedStage& stage) {
  const std::string& kind = stage.request->kind;
  if (kind == "features") return features(trial.trial, stage);
  if (kind == "connector") return connector(trial);
  if (kind == "finetune" || kind == "trunk") return finetune(trial, *stage.request);
  if (kind == "eval") return eval(trial.trial, *stage.request);
  return std::nullopt;
}

const StageFlops::Models& StageFlops::models_of(const Trial& trial) {
  const TrialConfig& config = trial.config;
  const std::string key = config.checkpoint.empty() ? config.llm + '\n' + config.encoder : config.checkpoint;
  const auto found = models_.find(key);
  if (found != models_.end()) return found->second;
  const ModelDirectories directories = model_directories(trial, plan_.sweep.spec);
  return models_.emplace(key, Models{text_config(directories), feature_shape(directories)}).first->second;
}

double StageFlops::features(const Trial& trial, const PlannedStage& stage) {
  return static_cast<double>(stage.pictures) * models_of(trial).features.flops;
}

double StageFlops::connector(const PlannedTrial& trial) {
  const TrialConfig& config = trial.trial.config;
  const Models& models = models_of(trial.trial);
  const Training training{.rows = rows_.connector_rows(config),
                          .epochs = static_cast<double>(config.connector_epochs),
                          .max_steps = config.connector_max_steps,
                          .batch_size = config.connector_batch_size,
                          .micro_batch = config.connector_micro_batch,
                          .computes_features = computes_features(trial, plan_)};
  models::TextTraining trained;
  trained.recompute = config.recompute == "blocks";
  return rows_trained(training) / static_cast<double>(training.micro_batch) *
         micro_batch_flops(training, models.text, models.features, trained, config.max_length);
}

double StageFlops::finetune(const PlannedTrial& trial, const StageRequest& request) {
  const TrialConfig& config = trial.trial.config;
  const Models& models = models_of(trial.trial);
  const Training training{
      .rows = rows_.finetune_rows(config),
      .epochs = request.own_epochs > 0 ? request.own_epochs : static_cast<double>(config.epochs),
      .max_steps = config.max_steps,
      .batch_size = config.batch_size,
      .micro_batch = config.micro_batch,
      .computes_features = computes_features(trial, plan_)};
  const std::string key =
      fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", config.llm, config.encoder, config.checkpoint,
                  config.finetune_data.json, config.finetune, config.lora_rank, config.lora_targets,
                  config.lora_dropout > 0, config.recompute, config.micro_batch, config.max_length,
                  config.questions_per_picture, training.computes_features);
  auto known = micro_batches_.find(key);
  if (known == micro_batches_.end()) {
    known = micro_batches_
                .emplace(key, micro_batch_flops(training, models.text, models.features,
                                                text_training(config, models.text), config.max_length))
                .first;
  }
  return rows_trained(training) / static_cast<double>(training.micro_batch) * known->second;
}

double StageFlops::eval(const Trial& trial, const StageRequest& request) {
  // About a question: its tokens with the template's, those of its answer, the words before the picture.
  constexpr std::int64_t kQuestion = 12, kAnswer = 2, kQuestionsOfRendered = 2;
  const Models& models = models_of(trial);
  const bool is_rendered = !request.parameters.contains("annotations_hash");
  auto pictures = static_cast<std::int64_t>(trial.config.test_pictures);
  std::int64_t questions = kQuestionsOfRendered * pictures;
  for (const BenchmarkCounts& counts : plan_.benchmarks) {
    if (counts.name != request.parameters.value("benchmark", "")) continue;
    pictures = static_cast<std::int64_t>(counts.pictures);
    questions = static_cast<std::int64_t>(counts.questions);
  }
  const auto limit = request.parameters.value("limit", std::int64_t{0});
  if (is_rendered && limit > 0 && limit < questions) {
    pictures = std::max<std::int64_t>(1, pictures * limit / questions);
    questions = limit;
  }
  // With the picture, another's, none, and its text: each a pass over all questions.
  const std::int64_t ways = trial.config.controls == "all" ? 4 : trial.config.controls == "blind" ? 2 : 3;
  const std::int64_t prefix = models.features.image_tokens, tail = kQuestion + kAnswer;
  const std::int64_t tokens = ways * (pictures * prefix + questions * tail);
  const std::int64_t pairs = ways * (pictures * prefix * prefix / 2 + questions * tail * prefix);
  const models::TextPass pass{.tokens = tokens,
                              .selected = ways * questions * kAnswer,
                              .last_queries = ways * questions * kAnswer,
                              .pairs = pairs,
                              .last_pairs = ways * questions * kAnswer * prefix};
  double flops = models::forward_flops(models.text, pass) +
                 models::projector_flops(models.features.width, models.text.hidden_size, pictures * prefix);
  if (!is_rendered) flops += static_cast<double>(pictures) * models.features.flops;
  return flops;
}

}  // namespace imp::harness
