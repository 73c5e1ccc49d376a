// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "harness/stages/compute_dtype.h"
#include "harness/stages/left_out_rows.h"
#include "harness/stages/training_stage.h"

namespace imp::harness {

/// Stage 1: the projector alone, on captions in the form `plain` (the question is thrown away, as
/// LLaVA's preprocess_plain does).
void make_connector_stage(const StageContext& context) {
  const TrialConfig& config = context.trial.config;
  const std::unique_ptr<PictureFeatures> features = open_features(context, "train");
  const models::TextConfig text = text_config(model_directories(context.trial, context.spec));
  const at::ScalarType dtype = resolve_dtype(config.dtype, context.folder,
                                             config.connector_micro_batch * (features->image_tokens() + 16),
                                             text.hidden_size, text.intermediate_size, context.device);
  const LanguageParts language =
      load_language(context.trial, context.spec, at::TensorOptions(context.device).dtype(dtype));
  if (!context.device.is_cpu()) language.model->join_projections();
  language.model->recompute_blocks(config.recompute == "blocks");
  models::Projector projector =
      given_projector(context.trial, context.spec, features->hidden(), text.hidden_size)
          .value_or(models::make_projector(features->hidden(), text.hidden_size,
                                           static_cast<uint64_t>(config.connector_seed)));

  RowsLocation location = connector_rows(config.connector_data, context.input("data"));
  location.left_out = rows_left_out(context);
  RowsOfStage looked_at(context);
  const std::unique_ptr<RowSource> rows = encode_rows(
      location, language,
      {models::conversation_template("plain"), features->image_tokens(), config.max_length, true}, looked_at);
  LlavaTaskOptions options;
  options.epochs = config.connector_epochs;
  options.max_steps = config.connector_max_steps;
  options.batch_size = config.connector_batch_size;
  options.micro_batch = config.connector_micro_batch;
  options.projector_learning_rate = config.connector_learning_rate;
  options.weight_decay = config.weight_decay;
  options.mean_of_micro_batches = config.loss_normalization == "micro_batch";
  options.sampler = parse_sampler(config.sampler);
  options.seed = static_cast<uint64_t>(config.connector_seed);
  options.device = context.device;
  options.bfloat16 = dtype == at::kBFloat16;
  LlavaTask task(options, *rows, *language.model, projector,
                 [&](const std::vector<std::string>& names) { return features->gather(names); });
  TrainingOptions loop = training_options(context);
  loop.schedule = parse_schedule(connector_schedule(config));
  const TrainingSummary summary = run_training(task, loop);
  models::save_projector(context.folder / "projector.safetensors", projector);
  write_training_summary(context, summary, dtype);
}

}  // namespace imp::harness
