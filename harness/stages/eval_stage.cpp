// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/prediction.h"
#include "eval/predictions/score.h"
#include "harness/stages/asked_questions.h"
#include "harness/stages/feature_store.h"
#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"
#include "models/conversation/answer_end.h"
#include "models/conversation/encode_row.h"
#include "models/conversation/row_styles.h"
#include "models/generation/generator.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/lora/merge_adapter.h"

namespace imp::harness {
namespace {

/// Paths of the pictures of a batch -> their features [pictures, image tokens, vision hidden].
using FeatureLookup = std::function<at::Tensor(const std::vector<std::string>&)>;

/// The trained cell: weights, prompts and how to look at a picture.
struct TrainedCell {
  LanguageParts language;
  models::Projector projector;
  int64_t image_tokens = 0;
};

TrainedCell load_cell(const StageContext& context, int64_t vision_hidden, int64_t image_tokens) {
  const std::filesystem::path trained = context.input("finetune");
  TrainedCell cell{load_language(context.trial, context.spec, at::kFloat), {}, image_tokens};
  if (std::filesystem::exists(trained / "text_model")) {
    cell.language.model = models::load_text_model(trained / "text_model", at::kFloat);
  }
  if (std::filesystem::exists(trained / "adapter")) {
    models::merge_adapter(models::PeftAdapter(trained / "adapter"),
                          {.text_model = cell.language.model.get()});
  }
  cell.projector = read_projector(trained / "projector.safetensors", context.trial, context.spec,
                                  vision_hidden, cell.language.model->config().hidden_size);
  return cell;
}

/// Questions of a picture stand together, so that its prefix is prefilled once.
std::map<std::string, std::vector<size_t>> questions_by_picture(const eval::Benchmark& benchmark) {
  std::map<std::string, std::vector<size_t>> groups;
  for (size_t i = 0; i < benchmark.questions.size(); ++i) {
    groups[benchmark.questions[i].image_path.string()].push_back(i);
  }
  return groups;
}

/// Asks every question, one a prompt, in batches of whole pictures. `features` of a blind run ignores the
/// names.
std::vector<eval::Prediction> answer(const StageContext& context, const TrainedCell& cell,
                                     const eval::Benchmark& benchmark, const FeatureLookup& features,
                                     int64_t done_before, int64_t total) {
  const at::NoGradGuard no_grad;
  const models::Tokenizer& tokenizer = *cell.language.tokenizer;
  models::GenerationOptions greedy;
  greedy.image_token = models::kImagePlaceholder;
  greedy.end_tokens =
      models::answer_settings(cell.language.directory, tokenizer, &cell.language.conversation, 1).end_tokens;
  greedy.max_new_tokens = context.trial.config.max_new_tokens;
  std::vector<eval::Prediction> predictions(benchmark.questions.size());
  std::vector<size_t> asked;
  std::vector<models::PromptGroup> batch;
  int64_t done = done_before;

  const auto flush = [&] {
    const std::vector<std::vector<int64_t>> answers = models::generate(*cell.language.model, batch, greedy);
    for (size_t i = 0; i < answers.size(); ++i) {
      const std::vector<int32_t> ids(answers[i].begin(), answers[i].end());
      predictions[asked[i]].text = models::strip(tokenizer.decode(ids, true));
      predictions[asked[i]].answer_tokens = static_cast<long long>(ids.size());
    }
    done += static_cast<int64_t>(asked.size());
    asked.clear();
    batch.clear();
    context.check_stop();
    context.observer.on_units(done, total, "questions");
  };

  for (const auto& [picture, questions] : questions_by_picture(benchmark)) {
    models::PromptGroup group;
    group.projected = cell.projector.forward(features({picture})).to(at::kFloat);
    for (const size_t i : questions) {
      const eval::Question& question = benchmark.questions[i];
      models::PromptGroup one = models::prompt_group(models::encode_prompt(
          tokenizer, cell.language.conversation, eval::prompt(benchmark, question), true, cell.image_tokens));
      predictions[i] = {question.question_id,
                        question.image_id,
                        "",
                        std::nullopt,
                        question.family,
                        static_cast<long long>(one.prefix_ids.size() + one.tails.front().size()),
                        std::nullopt};
      group.prefix_ids = std::move(one.prefix_ids);
      group.tails.push_back(std::move(one.tails.front()));
      asked.push_back(i);
    }
    batch.push_back(std::move(group));
    if (static_cast<int64_t>(asked.size()) >= context.trial.config.eval_batch) flush();
  }
  if (!asked.empty()) flush();
  return predictions;
}

/// Scores answers, writes them, and adds the benchmark's metrics to `scores`, each with a suffix to its name.
void score(const StageContext& context, const eval::Benchmark& benchmark,
           std::vector<eval::Prediction> predictions, const std::string& file, const std::string& suffix,
           nlohmann::ordered_json& scores) {
  const eval::ScoreReport report = eval::score_predictions(benchmark, predictions);
  for (size_t i = 0; i < predictions.size(); ++i) predictions[i].score = report.scores[i];
  eval::write_predictions(context.folder / (file + ".jsonl"), predictions);
  nlohmann::ordered_json families = nlohmann::ordered_json::object();
  for (const eval::FamilyScore& family : report.families)
    families[family.family] = {{"value", family.mean}, {"n", family.n}};
  scores.push_back({{"benchmark", benchmark.name},
                    {"metric", report.metric + suffix},
                    {"value", report.mean},
                    {"standard_error", report.standard_error},
                    {"n", report.n},
                    {"families", families}});
  for (const eval::NamedValue& further : report.further) {
    scores.push_back({{"benchmark", benchmark.name},
                      {"metric", further.name + suffix},
                      {"value", further.value},
                      {"n", report.n}});
  }
}

}  // namespace

/// Scores a trained cell on one benchmark, with its pictures and blind: every picture replaced by the mean of
/// the training pictures' features, so that only the question is left to answer from.
void make_eval_stage(const StageContext& context) {
  const at::NoGradGuard no_grad;
  const eval::Benchmark benchmark = asked_questions(context);
  eval::require_images(benchmark);
  const auto total = 2 * static_cast<int64_t>(benchmark.questions.size());
  std::optional<FeatureStore> cached;
  std::optional<VisionParts> vision;
  std::optional<models::ImageProcessor> processor;
  FeatureLookup features;
  at::Tensor mean;
  int64_t hidden = 0;
  if (context.has_input("features")) {
    cached.emplace(context.input("features"), "test");
    features = [&](const std::vector<std::string>& pictures) {
      std::vector<std::string> names;
      for (const std::string& picture : pictures)
        names.push_back(std::filesystem::path(picture).filename().string());
      return cached->gather(names);
    };
    mean = FeatureStore(context.input("features"), "train").mean();
    hidden = cached->hidden();
  } else {
    const auto adapter = initial_adapter(context.trial.config);
    vision.emplace(load_vision(context.trial, context.spec, adapter ? &*adapter : nullptr));
    processor.emplace(models::ImageProcessor::load(vision->processor_directory));
    // By path: MME's and ScienceQA's pictures have the same names in different folders.
    features = [&](const std::vector<std::string>& pictures) {
      const std::vector<std::filesystem::path> files(pictures.begin(), pictures.end());
      return vision->tower->features(load_pixel_values(files, *processor), vision->features);
    };
    // No training features at hand: a picture withheld is one of the processor's mean colour.
    const models::VisionConfig& config = vision->tower->config();
    mean = vision->tower->features(at::zeros({1, config.num_channels, config.image_size, config.image_size}),
                                   vision->features);
    hidden = mean.size(2);
  }
  const TrainedCell cell = load_cell(context, hidden, mean.size(1));
  nlohmann::ordered_json scores = nlohmann::ordered_json::array();
  score(context, benchmark, answer(context, cell, benchmark, features, 0, total), benchmark.name, "", scores);
  const FeatureLookup blind = [&](const std::vector<std::string>&) { return mean; };
  score(context, benchmark, answer(context, cell, benchmark, blind, total / 2, total),
        benchmark.name + ".blind", "_blind", scores);
  write_file_atomically(context.folder / "scores.json", scores.dump(2) + "\n");
}

}  // namespace imp::harness
