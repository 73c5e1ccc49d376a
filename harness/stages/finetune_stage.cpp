// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/stages/compute_dtype.h"
#include "harness/stages/left_out_rows.h"
#include "harness/stages/training_stage.h"
#include "models/conversation/answer_end.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/lora/lora_adapter.h"
#include "models/lora/merge_adapter.h"

namespace imp::harness {
namespace {

Finetune parse_finetune(const std::string& name) {
  if (name == "lora") return Finetune::lora;
  if (name == "full") return Finetune::full;
  if (name == "projector") return Finetune::projector;
  throw Error("finetune: '" + name + "' is not known; it is lora, full or projector");
}

LlavaTaskOptions task_options(const StageContext& context) {
  const TrialConfig& config = context.trial.config;
  LlavaTaskOptions options;
  options.finetune = parse_finetune(config.finetune);
  // A trunk's own, not those of the trial that happens to make it.
  options.epochs = context.request.parameters.at("epochs").get<std::int64_t>();
  options.max_steps = config.max_steps;
  options.batch_size = config.batch_size;
  options.micro_batch = config.micro_batch;
  options.learning_rate = config.learning_rate;
  options.projector_learning_rate = config.projector_learning_rate;
  options.weight_decay = config.weight_decay;
  options.mean_of_micro_batches = config.loss_normalization == "micro_batch";
  options.isolated_turns = config.turns == "isolated";
  options.sampler = parse_sampler(config.sampler);
  options.seed = static_cast<uint64_t>(config.seed);
  options.device = context.device;
  return options;
}

models::Projector starting_projector(const StageContext& context, int64_t vision_hidden,
                                     int64_t text_hidden) {
  if (context.has_input("connector")) {
    return read_projector(context.input("connector") / "projector.safetensors", context.trial, context.spec,
                          vision_hidden, text_hidden);
  }
  return given_projector(context.trial, context.spec, vision_hidden, text_hidden)
      .value_or(models::make_projector(vision_hidden, text_hidden,
                                       static_cast<uint64_t>(context.trial.config.connector_seed)));
}

/// Puts what an adapter has of the projector into it, which is trained whole from there. given:
/// init_projector stands in place of one that the adapter has saved; the adapter's LoRA is added to either.
void start_projector_from(const models::PeftAdapter& adapter, bool given, models::Projector& projector) {
  std::set<std::string> left_out;
  if (given)
    for (const auto& [path, stored] : adapter.parameters()) left_out.insert(path);
  models::merge_adapter(adapter, {.projector = &projector}, left_out);
}

/// Says what of the adapter that training goes on from is not trained.
void note_what_stays(const models::PeftAdapter& adapter, const StageContext& context) {
  std::string what;
  if (adapter.changes(models::ModelPart::vision)) what = "its changes of the vision tower";
  const bool text =
      std::any_of(adapter.parameters().begin(), adapter.parameters().end(),
                  [](const auto& entry) { return models::part_of(entry.first) == models::ModelPart::text; });
  if (text)
    what += std::string(what.empty() ? "" : " and ") + "the language model's tensors that it has whole";
  if (what.empty()) return;
  context.observer.on_warning(
      fmt::format("{}: {} stay as they are; its LoRA of the language model's layers and the projector are "
                  "trained",
                  adapter.directory().string(), what));
}

/// The whole language model as a Hugging Face directory.
void save_text_model(const std::filesystem::path& folder, models::TextModel& model) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  model.visit_parameters(
      [&](const std::string& name, at::Tensor& tensor) { tensors.emplace_back(name, tensor); });
  models::save_tensors(folder / "model.safetensors", tensors);
  write_file_atomically(folder / "config.json", models::to_json(model.config()).dump(2) + "\n");
}

/// The loop's options; a stage that goes on from a trunk goes on in its number format too.
TrainingOptions loop_options(const StageContext& context) {
  TrainingOptions options = training_options(context);
  options.is_trunk = context.request.kind == "trunk";
  if (context.request.trunk)
    options.trunk = context.store.folder(context.request.trunk->kind, context.request.trunk->key);
  const std::filesystem::path chosen = options.trunk / kChosenDtype, own = context.folder / kChosenDtype;
  if (context.request.trunk && std::filesystem::exists(chosen) && !std::filesystem::exists(own))
    write_file_atomically(own, read_file(chosen));
  return options;
}

/// What stage 2 trained, in the forms that others load.
void save_trained(const StageContext& context, const LanguageParts& language, Finetune finetune,
                  const models::LoraOptions& lora, const models::PeftAdapter* initial,
                  const models::Projector& projector) {
  models::save_projector(context.folder / "projector.safetensors", projector);
  if (finetune == Finetune::lora)
    models::save_adapter(context.folder / "adapter", *language.model, lora, initial);
  if (finetune != Finetune::full) return;
  save_text_model(context.folder / "text_model", *language.model);
  models::write_end_tokens(
      context.folder / "text_model",
      models::end_tokens(language.directory, *language.tokenizer, &language.conversation));
}

}  // namespace

/// Stage 2: the projector, and an adapter or the whole language model, on questions and answers; or a trunk,
/// its first part, of which the training's state is what is left.
void make_finetune_stage(const StageContext& context) {
  const TrialConfig& config = context.trial.config;
  LlavaTaskOptions options = task_options(context);
  const TrainingOptions loop = loop_options(context);
  const std::unique_ptr<PictureFeatures> features = open_features(context, "train");
  const models::TextConfig text = text_config(model_directories(context.trial, context.spec));
  at::ScalarType dtype =
      resolve_dtype(config.dtype, context.folder, config.micro_batch * (features->image_tokens() + 60),
                    text.hidden_size, text.intermediate_size, context.device);
  options.bfloat16 = dtype == at::kBFloat16;
  // Trained weights are float32 masters; only frozen ones can be kept in bfloat16.
  const bool all_masters = options.finetune == Finetune::full;
  if (all_masters && context.device.is_cpu()) dtype = at::kFloat;
  const LanguageParts language = load_language(
      context.trial, context.spec, at::TensorOptions(context.device).dtype(all_masters ? at::kFloat : dtype));
  if (!context.device.is_cpu()) language.model->join_projections();
  language.model->recompute_blocks(config.recompute == "blocks");
  models::Projector projector = starting_projector(context, features->hidden(), text.hidden_size);

  const std::optional<models::PeftAdapter> initial = initial_adapter(config);
  models::LoraOptions lora{config.lora_rank, config.lora_alpha, config.lora_dropout, config.lora_targets};
  if (options.finetune == Finetune::lora) {
    if (initial) {
      lora = models::load_adapter(*initial, *language.model);
      start_projector_from(*initial, !config.init_projector.empty(), projector);
      note_what_stays(*initial, context);
    } else {
      models::attach_lora(*language.model, lora, options.seed);
    }
  }
  RowsLocation location = finetune_rows(config.finetune_data, context.input("data"));
  location.left_out = rows_left_out(context);
  RowsOfStage looked_at(context);
  const std::unique_ptr<RowSource> rows = encode_rows(
      location, language,
      {language.conversation, features->image_tokens(), config.max_length, options.isolated_turns},
      looked_at);
  LlavaTask task(options, *rows, *language.model, projector,
                 [&](const std::vector<std::string>& names) { return features->gather(names); });
  const TrainingSummary summary = run_training(task, loop);
  if (!loop.is_trunk)
    save_trained(context, language, options.finetune, lora, initial ? &*initial : nullptr, projector);
  write_training_summary(context, summary, dtype);
}

}  // namespace imp::harness
