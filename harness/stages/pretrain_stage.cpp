// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/data/raw_text.h"
#include "harness/pretrain/text_pretraining.h"
#include "harness/pretrain/vision_pretraining.h"
#include "harness/stages/compute_dtype.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_stage.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

constexpr int64_t kVocabulary = 2048;
constexpr int64_t kCardPictures = 1000;
constexpr int64_t kCardSamples = 500;

TrainingOptions pretraining_options(const StageContext& context) {
  TrainingOptions options;
  options.schedule = Schedule::cosine;
  options.warmup_ratio = 0.05;
  options.grad_clip = 1.0;
  options.checkpoint_every = context.trial.config.checkpoint_every;
  options.folder = context.folder;
  options.stop = &context.stop;
  options.observer = &context.observer;
  return options;
}

/// Model card as people read it, and the same figures for the test that checks them.
void write_card(const StageContext& context, const std::string& title, const std::string& training,
                const nlohmann::ordered_json& figures) {
  const TrialConfig& config = context.trial.config;
  std::string card = fmt::format(
      "# {}\n\n{}\n\nMade by `imp-sweep sweeps/zoo.yaml` (pretrain: {}{}{}, pretrain_steps: {}, "
      "pretrain_batch_size: {}, seed: {}).\n\n| measured on unseen data | |\n|---|---|\n",
      title, training, config.pretrain, config.pretrain_text == "raw" ? ", pretrain_text: raw" : "",
      config.pretrain_labels == "words" ? ", pretrain_labels: words" : "", config.pretrain_steps,
      config.pretrain_batch_size, config.seed);
  for (const auto& [name, value] : figures.items())
    card += fmt::format("| {} | {:.1f} % |\n", name, 100.0 * value.get<double>());
  write_file_atomically(context.folder / "README.md", card);
  write_file_atomically(context.folder / "card.json", figures.dump(2) + "\n");
}

nlohmann::json processor_config(const models::VisionConfig& vision) {
  const PixelNormalization norm = pixel_normalization(vision.family);
  const bool clip = vision.family == models::VisionFamily::clip;
  const nlohmann::json side = {{"height", vision.image_size}, {"width", vision.image_size}};
  nlohmann::json config = {
      {"image_processor_type", clip                                         ? "CLIPImageProcessor"
                               : vision.family == models::VisionFamily::vit ? "ViTImageProcessor"
                                                                            : "SiglipImageProcessor"},
      {"do_resize", true},
      {"size", clip ? nlohmann::json{{"shortest_edge", vision.image_size}} : side},
      {"resample", vision.family == models::VisionFamily::vit ? 2 : 3},
      {"do_rescale", true},
      {"rescale_factor", 1.0 / 255.0},
      {"do_normalize", true},
      {"image_mean", {norm.mean[0], norm.mean[1], norm.mean[2]}},
      {"image_std", {norm.standard_deviation[0], norm.standard_deviation[1], norm.standard_deviation[2]}}};
  if (clip) {
    config["do_center_crop"] = true;
    config["crop_size"] = side;
  }
  return config;
}

constexpr const char* kLearnedFromLabels =
    "Learned the categories of what rendered pictures show, objects by kind and signs by colour, of the "
    "whole picture and at each patch (token labelling); never the text. LLaVA's layer, hidden_states[-2], is "
    "where the patch loss stood.";

std::string learned_from_language(bool characters) {
  return fmt::format(
      "Learned from rendered sign pictures with language and places: {}each patch of a sign or object with "
      "its word, the whole picture with its caption. LLaVA's layer, hidden_states[-2], is where the patch "
      "losses stood.",
      characters ? "each character at its patch, " : "");
}

std::string learned_from_text(bool raw) {
  const char* questions = raw ? "prose of manuals, release notes and licences, and a third of its sister's "
                                "questions and answers, in as many tokens"
                              : "and questions and answers about them";
  return fmt::format("Learned captions, layouts of words on a page, {}; no picture was shown.", questions);
}

void pretrain_vision(const StageContext& context, models::VisionFamily family) {
  const TrialConfig& config = context.trial.config;
  VisionPretrainingOptions options;
  options.vision = embedded_vision_config(family);
  options.steps = config.pretrain_steps;
  options.batch_size = config.pretrain_batch_size;
  options.learning_rate = config.pretrain_learning_rate;
  options.matrix_learning_rate = config.pretrain_matrix_learning_rate;
  options.seed = static_cast<uint64_t>(config.seed);
  options.characters = config.pretrain_labels == "characters";
  options.device = context.device;
  const int64_t tokens = options.batch_size * options.vision.num_patches();
  options.bfloat16 = resolve_dtype(config.dtype, context.folder, tokens, options.vision.hidden_size,
                                   options.vision.intermediate_size, context.device) == at::kBFloat16;
  const Assets assets;
  const Vocabulary vocabulary;
  VisionPretraining task(options, assets, vocabulary);
  write_training_summary(context, run_training(task, pretraining_options(context)),
                         options.bfloat16 ? at::kBFloat16 : at::kFloat);
  task.normalize_feature_scale();

  task.save(context.folder);
  write_file_atomically(context.folder / "config.json", models::to_json(options.vision).dump(2) + "\n");
  write_file_atomically(context.folder / "preprocessor_config.json",
                        processor_config(options.vision).dump(2) + "\n");
  const bool labels = family == models::VisionFamily::vit;
  const VisionPretraining::Reading reading = task.measure_reading(kCardPictures, Split::test);
  nlohmann::ordered_json figures;
  if (labels) {
    figures["things found (F1), new backgrounds"] = reading.categories;
  } else {
    figures["sign words read, new faces"] = reading.words;
    figures["words never shown, new faces"] = reading.open_words;
    if (options.characters) figures["characters read, new faces"] = reading.letters;
  }
  figures["objects named, new backgrounds"] = reading.objects;
  write_card(context, fmt::format("A small {} encoder", config.pretrain),
             "Vision transformer of 96 x 96 pictures, patch 12, hidden 128, 6 blocks. " +
                 (labels ? kLearnedFromLabels : learned_from_language(options.characters)),
             figures);
}

void pretrain_text(const StageContext& context, models::TextFamily family) {
  const TrialConfig& config = context.trial.config;
  const Assets assets;
  const Vocabulary vocabulary;
  const TextCorpus corpus = pretraining_corpus(assets, vocabulary);
  if (!std::filesystem::exists(context.folder / "tokenizer.json"))
    make_embedded_tokenizer(context.folder, corpus, kVocabulary);
  const auto tokenizer = models::Tokenizer::load(context.folder);

  TextPretrainingOptions options;
  options.text = embedded_text_config(family, tokenizer->vocab_size(), tokenizer->eos_id());
  options.steps = config.pretrain_steps;
  options.batch_size = config.pretrain_batch_size;
  options.learning_rate = config.pretrain_learning_rate;
  options.matrix_learning_rate = config.pretrain_matrix_learning_rate;
  options.seed = static_cast<uint64_t>(config.seed);
  if (config.pretrain_text == "raw") options.prose = raw_text_paragraphs();
  options.device = context.device;
  TextPretraining task(options, corpus, *tokenizer);
  write_training_summary(context, run_training(task, pretraining_options(context)), at::kFloat);
  task.save(context.folder);
  nlohmann::ordered_json figures;
  for (const auto& [family_name, share] : task.measure_answers(kCardSamples))
    figures["text-only answers, " + family_name] = share;
  write_card(context,
             fmt::format("A small {} language model{}", config.pretrain,
                         options.prose.empty() ? "" : " of raw text"),
             fmt::format("Hidden 192, 4 blocks, byte-level BPE of {} tokens. {}", tokenizer->vocab_size(),
                         learned_from_text(!options.prose.empty())),
             figures);
}

}  // namespace

/// Makes one of the embedded profile's models as a Hugging Face directory, with a card that says what it can
/// do.
void make_pretrain_stage(const StageContext& context) {
  const std::string& name = context.trial.config.pretrain;
  if (name == "siglip") return pretrain_vision(context, models::VisionFamily::siglip);
  if (name == "clip") return pretrain_vision(context, models::VisionFamily::clip);
  if (name == "vit") return pretrain_vision(context, models::VisionFamily::vit);
  if (name == "phi") return pretrain_text(context, models::TextFamily::phi);
  if (name == "llama") return pretrain_text(context, models::TextFamily::llama);
  throw Error("pretrain: '" + name + "' is not known; it is phi, llama, siglip, clip or vit");
}

}  // namespace imp::harness
