// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/prediction.h"
#include "eval/predictions/score.h"
#include "eval/run/answer_store.h"
#include "eval/run/asker.h"
#include "harness/stages/asked_questions.h"
#include "harness/stages/question_controls.h"
#include "harness/stages/seen_pictures.h"
#include "models/config/flop_count.h"
#include "models/conversation/answer_end.h"
#include "models/device/compute_device.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/lora/merge_adapter.h"

namespace imp::harness {
namespace {

/// The numbers and the device of the cell's weights: float32 on the CPU, the trial's dtype on a GPU.
at::TensorOptions weight_options(const StageContext& context) {
  const bool wide = context.device.is_cpu() || context.trial.config.dtype == "float32" ||
                    !models::has_bfloat16(context.device);
  return at::TensorOptions(wide ? at::kFloat : at::kBFloat16).device(context.device);
}

/// The trained cell: weights and prompts.
struct TrainedCell {
  LanguageParts language;
  models::Projector projector;
  int64_t image_tokens = 0;
};

std::unique_ptr<models::TextModel> load_text(const std::filesystem::path& trained,
                                             const ModelDirectories& base, const at::TensorOptions& weights) {
  if (std::filesystem::exists(trained / "text_model"))
    return models::load_text_model(trained / "text_model", weights);
  auto model = base.is_llava ? models::LlavaCheckpoint(base.llm).text_model(weights)
                             : models::load_text_model(base.llm, weights);
  if (std::filesystem::exists(trained / "adapter"))
    models::merge_adapter(models::PeftAdapter(trained / "adapter"), {.text_model = model.get()});
  return model;
}

TrainedCell load_cell(const StageContext& context, const at::Tensor& withheld,
                      const at::TensorOptions& weights) {
  const std::filesystem::path trained = context.input("finetune");
  const ModelDirectories base = model_directories(context.trial, context.spec);
  TrainedCell cell;
  cell.language.directory = base.llm;
  cell.language.model = load_text(trained, base, weights);
  cell.language.tokenizer = models::Tokenizer::load(base.llm);
  cell.language.tokenizer->check_fits(cell.language.model->config().vocab_size, base.llm);
  cell.language.conversation = conversation_of(context.trial.config);
  cell.projector = read_projector(trained / "projector.safetensors", context.trial, context.spec,
                                  withheld.size(2), cell.language.model->config().hidden_size);
  cell.projector.visit_parameters(
      [&](const std::string&, at::Tensor& parameter) { parameter = parameter.to(weights); });
  cell.image_tokens = withheld.size(1);
  return cell;
}

/// One way of asking a benchmark's questions.
struct Asking {
  std::string control;     ///< "": as they are meant to be asked
  PicturesOfWay pictures;  ///< what is seen for a question's picture
  std::string (*words)(const eval::Benchmark&, const eval::Question&) = eval::prompt;

  /// Of its files in the stage's folder.
  [[nodiscard]] std::string file_name(const eval::Benchmark& benchmark) const {
    return control.empty() ? benchmark.name : benchmark.name + "." + control;
  }
};

/// The ways in which the stage asks: as meant, then the controls.
std::vector<Asking> ways_of_asking(const StageContext& context, const eval::Benchmark& benchmark,
                                   const SeenPictures& pictures, const models::Projector& projector) {
  using Shown = PicturesOfWay::Shown;
  std::vector<Asking> ways;
  const auto add = [&](const std::string& control, Shown shown) -> Asking& {
    ways.push_back({control, PicturesOfWay(context, pictures, projector, shown)});
    return ways.back();
  };
  add("", Shown::as_they_are);
  for (const std::string& control : controls_of(benchmark, context.trial.config.controls)) {
    Asking& way = add(control, control == "shuffled" ? Shown::others : Shown::none);
    if (control == "shuffled") way.pictures.replace_by(shuffled_pictures(benchmark));
    if (control == "ocr") way.words = eval::prompt_with_ocr_tokens;
  }
  return ways;
}

/// The answers of an attempt before this one, if they were computed alike.
eval::AnswerStore kept_answers(const StageContext& context, const eval::Benchmark& benchmark,
                               const Asking& way, at::ScalarType dtype) {
  const eval::AnswerFiles files(context.folder, way.file_name(benchmark));
  const nlohmann::json settings = {{"dtype", dtype == at::kBFloat16 ? "bfloat16" : "float32"},
                                   {"device", context.device.is_cpu() ? "cpu" : "cuda"}};
  try {
    return {files, benchmark, settings};
  } catch (const Error&) {
    files.remove();
    return {files, benchmark, settings};
  }
}

/// Questions without an answer; those of a picture stand together, so that it goes through the model once.
std::vector<eval::Asked> open_questions(const eval::Benchmark& benchmark, const Asking& way,
                                        const eval::AnswerStore& answers) {
  std::vector<eval::Asked> open;
  for (std::size_t i = 0; i < benchmark.questions.size(); ++i) {
    const eval::Question& question = benchmark.questions[i];
    if (!answers.has(i)) open.push_back({i, question.image_path, way.words(benchmark, question)});
  }
  std::stable_sort(open.begin(), open.end(), [](const eval::Asked& a, const eval::Asked& b) {
    return a.image.string() < b.image.string();
  });
  return open;
}

/// Asks what is open of one way; `before` of `total` questions belong to the ways before it.
void answer(const StageContext& context, const TrainedCell& cell, const eval::Benchmark& benchmark,
            const Asking& way, eval::AnswerStore& answers, std::pair<int64_t, int64_t> before_of_total) {
  const auto [before, total] = before_of_total;
  const models::Tokenizer& tokenizer = *cell.language.tokenizer;
  const eval::AskedModel model{
      *cell.language.model,
      tokenizer,
      cell.language.conversation,
      cell.image_tokens,
      models::answer_settings(cell.language.directory, tokenizer, &cell.language.conversation, 1),
      context.device};
  eval::AskOptions options;
  options.max_new_tokens = context.trial.config.max_new_tokens;
  options.questions = context.device.is_cpu() ? context.trial.config.eval_batch : 0;
  // On the CPU one job, whose products have all of LibTorch's threads.
  options.jobs = context.device.is_cpu() ? 1 : static_cast<int>(std::thread::hardware_concurrency());
  const models::TextPass passes = eval::ask_all(
      model, way.pictures, options, open_questions(benchmark, way, answers),
      [&](const eval::Asked& asked, const eval::Reply& reply) {
        const eval::Question& question = benchmark.questions[asked.question];
        answers.add(asked.question, {question.question_id, question.image_id, reply.text, std::nullopt,
                                     question.family, reply.question_tokens, reply.answer_tokens});
        context.observer.on_units(before + static_cast<int64_t>(answers.count()), total, "questions");
      },
      [&] { return context.stop.load(); });
  context.add_flops(models::forward_flops(cell.language.model->config(), passes));
}

int64_t answers_in(const std::vector<eval::AnswerStore>& stores) {
  int64_t count = 0;
  for (const eval::AnswerStore& store : stores) count += static_cast<int64_t>(store.count());
  return count;
}

/// FLOPs of the attempts before this one, in a file beside their answers. A process that was killed leaves
/// answers whose FLOPs are not known.
class KeptWork {
 public:
  explicit KeptWork(const StageContext& context) : context_(context), file_(context.folder / "work.json") {}

  void take_over(int64_t answers) const {
    if (answers == 0) return;
    const auto kept = std::filesystem::exists(file_) ? nlohmann::json::parse(read_file(file_), nullptr, false)
                                                     : nlohmann::json();
    const bool known = kept.is_object() && kept.value("answers", int64_t{0}) == answers;
    context_.add_flops(known ? kept.value("flops", 0.0) : std::numeric_limits<double>::quiet_NaN());
  }
  void note(int64_t answers) const {
    if (std::isnan(context_.work.flops)) return;
    write_file_atomically(file_,
                          nlohmann::json{{"answers", answers}, {"flops", context_.work.flops}}.dump() + "\n");
  }
  void remove() const { std::filesystem::remove(file_); }

 private:
  const StageContext& context_;
  std::filesystem::path file_;
};

/// Scores answers, writes them, and adds the benchmark's metrics to `scores`; files and metrics of a control
/// are named after it.
void score(const eval::Benchmark& benchmark, eval::AnswerStore& answers, const std::string& control,
           nlohmann::ordered_json& scores) {
  const std::string suffix = control.empty() ? "" : "_" + control;
  std::vector<eval::Prediction> predictions = answers.predictions();
  const eval::ScoreReport report = eval::score_predictions(benchmark, predictions);
  for (size_t i = 0; i < predictions.size(); ++i) predictions[i].score = report.scores[i];
  answers.finish(predictions);
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

/// Scores a trained cell on one benchmark, with its pictures and under the controls that are wanted: blind,
/// where every picture is replaced by the mean of the training pictures' features, so that only the question
/// is left to answer from; shuffled, where it is replaced by another question's; ocr, blind with the
/// picture's text in the prompt.
void make_eval_stage(const StageContext& context) {
  const at::NoGradGuard no_grad;
  const eval::Benchmark benchmark = asked_questions(context);
  eval::require_images(benchmark);
  const at::TensorOptions weights = weight_options(context);
  const SeenPictures pictures(context, weights);
  const TrainedCell cell = load_cell(context, pictures.withheld(), weights);
  const std::vector<Asking> ways = ways_of_asking(context, benchmark, pictures, cell.projector);
  const auto questions = static_cast<int64_t>(benchmark.questions.size());
  const int64_t total = static_cast<int64_t>(ways.size()) * questions;
  std::vector<eval::AnswerStore> answers;
  for (const Asking& way : ways)
    answers.push_back(kept_answers(context, benchmark, way, c10::typeMetaToScalarType(weights.dtype())));
  const KeptWork work(context);
  work.take_over(answers_in(answers));
  nlohmann::ordered_json scores = nlohmann::ordered_json::array();
  for (size_t i = 0; i < ways.size(); ++i) {
    answer(context, cell, benchmark, ways[i], answers[i], {static_cast<int64_t>(i) * questions, total});
    work.note(answers_in(answers));
    if (answers[i].count() < benchmark.questions.size()) context.check_stop();
    score(benchmark, answers[i], ways[i].control, scores);
  }
  for (const Asking& way : ways)
    std::filesystem::remove(eval::AnswerFiles(context.folder, way.file_name(benchmark)).settings);
  work.remove();
  write_file_atomically(context.folder / "scores.json", scores.dump(2) + "\n");
}

}  // namespace imp::harness
