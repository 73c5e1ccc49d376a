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
#include "harness/stages/question_controls.h"
#include "harness/stages/stage_context.h"
#include "models/config/flop_count.h"
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

/// One way of asking a benchmark's questions.
struct Asking {
  std::string control;     ///< "": as they are meant to be asked
  FeatureLookup features;  ///< what is seen for a question's picture
  std::string (*words)(const eval::Benchmark&, const eval::Question&) = eval::prompt;
};

/// Asks every question, one a prompt, in batches of whole pictures.
std::vector<eval::Prediction> answer(const StageContext& context, const TrainedCell& cell,
                                     const eval::Benchmark& benchmark, const Asking& asking,
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
    models::GenerationStatistics made;
    const std::vector<std::vector<int64_t>> answers =
        models::generate(*cell.language.model, batch, greedy, &made);
    context.add_flops(models::forward_flops(cell.language.model->config(), made.work));
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
    const at::Tensor seen = asking.features({picture});
    group.projected = cell.projector.forward(seen).to(at::kFloat);
    context.add_flops(
        models::projector_flops(seen.size(2), group.projected.size(2), seen.size(0) * seen.size(1)));
    for (const size_t i : questions) {
      const eval::Question& question = benchmark.questions[i];
      models::PromptGroup one = models::prompt_group(models::encode_prompt(
          tokenizer, cell.language.conversation, asking.words(benchmark, question), true, cell.image_tokens));
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

/// Scores answers, writes them, and adds the benchmark's metrics to `scores`; files and metrics of a control
/// are named after it.
void score(const StageContext& context, const eval::Benchmark& benchmark,
           std::vector<eval::Prediction> predictions, const std::string& control,
           nlohmann::ordered_json& scores) {
  const std::string file = control.empty() ? benchmark.name : benchmark.name + "." + control;
  const std::string suffix = control.empty() ? "" : "_" + control;
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

/// What the cell sees of a benchmark's pictures, and what it sees where they are withheld.
class Pictures {
 public:
  explicit Pictures(const StageContext& context) : context_(context) {
    if (context.has_input("features")) {
      cached_.emplace(context.input("features"), "test");
      withheld_ = FeatureStore(context.input("features"), "train").mean();
      return;
    }
    const auto adapter = initial_adapter(context.trial.config);
    vision_.emplace(load_vision(context.trial, context.spec, adapter ? &*adapter : nullptr));
    processor_.emplace(models::ImageProcessor::load(vision_->processor_directory));
    // No training features at hand: a picture withheld is one of the processor's mean colour.
    const models::VisionConfig& config = vision_->tower->config();
    withheld_ = vision_->tower->features(
        at::zeros({1, config.num_channels, config.image_size, config.image_size}), vision_->features);
  }

  /// [pictures, image tokens, vision hidden]
  [[nodiscard]] at::Tensor features(const std::vector<std::string>& pictures) const {
    if (!cached_) {
      // By path: MME's and ScienceQA's pictures have the same names in different folders.
      const std::vector<std::filesystem::path> files(pictures.begin(), pictures.end());
      context_.add_flops(models::vision_flops(vision_->tower->config(), vision_->features,
                                              static_cast<int64_t>(files.size())));
      return vision_->tower->features(load_pixel_values(files, *processor_), vision_->features);
    }
    std::vector<std::string> names;
    for (const std::string& picture : pictures)
      names.push_back(std::filesystem::path(picture).filename().string());
    return cached_->gather(names);
  }
  /// [1, image tokens, vision hidden]: the mean of the training pictures' features.
  [[nodiscard]] const at::Tensor& withheld() const { return withheld_; }

 private:
  const StageContext& context_;
  std::optional<FeatureStore> cached_;
  std::optional<VisionParts> vision_;
  std::optional<models::ImageProcessor> processor_;
  at::Tensor withheld_;
};

/// The ways in which the stage asks: as meant, then the controls.
std::vector<Asking> ways_of_asking(const StageContext& context, const eval::Benchmark& benchmark,
                                   const Pictures& pictures) {
  std::vector<Asking> ways{
      {"", [&](const std::vector<std::string>& names) { return pictures.features(names); }}};
  for (const std::string& control : controls_of(benchmark, context.trial.config.controls)) {
    Asking way{control, [&](const std::vector<std::string>&) { return pictures.withheld(); }};
    if (control == "ocr") way.words = eval::prompt_with_ocr_tokens;
    if (control == "shuffled") {
      way.features = [&pictures, others = shuffled_pictures(benchmark)](std::vector<std::string> names) {
        for (std::string& name : names) name = others.at(name);
        return pictures.features(names);
      };
    }
    ways.push_back(std::move(way));
  }
  return ways;
}

}  // namespace

/// Scores a trained cell on one benchmark, with its pictures and under the controls that are wanted: blind,
/// where every picture is replaced by the mean of the training pictures' features, so that only the question
/// is left to answer from; shuffled, where it is replaced by another question's; ocr, blind with the
/// picture's text in the prompt.
void make_eval_stage(const StageContext& context) {
  const at::NoGradGuard no_grad;
  const eval::Benchmark benchmark = asked_questions(context);
  eval::require_images(benchmark);
  const Pictures pictures(context);
  const TrainedCell cell = load_cell(context, pictures.withheld().size(2), pictures.withheld().size(1));
  const std::vector<Asking> ways = ways_of_asking(context, benchmark, pictures);
  const auto questions = static_cast<int64_t>(benchmark.questions.size());
  const int64_t total = static_cast<int64_t>(ways.size()) * questions;
  nlohmann::ordered_json scores = nlohmann::ordered_json::array();
  for (size_t i = 0; i < ways.size(); ++i) {
    score(context, benchmark,
          answer(context, cell, benchmark, ways[i], static_cast<int64_t>(i) * questions, total),
          ways[i].control, scores);
  }
  write_file_atomically(context.folder / "scores.json", scores.dump(2) + "\n");
}

}  // namespace imp::harness
