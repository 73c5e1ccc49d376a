// SPDX-License-Identifier: Apache-2.0
#include "eval/run/lmms_eval_files.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "eval/benchmarks/format.h"
#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::eval {
namespace {

using Json = nlohmann::ordered_json;

/// lmms-eval's task, the name that it gives the mean of the scores, and its other numbers.
struct Task {
  struct Number {
    std::string_view theirs, ours;  ///< ours: a further number's name, or a family's
    double scale = 1.0;
  };
  std::string_view benchmark, task, metric;
  std::vector<Number> numbers = {};
};

const std::vector<Task>& tasks() {
  static const std::vector<Task> all = {
      {"chartqa",
       "chartqa",
       "relaxed_overall",
       {{"relaxed_human_split", "human"}, {"relaxed_augmented_split", "augmented"}}},
      {"docvqa", "docvqa_val", "anls"},
      {"gqa", "gqa", "exact_match"},
      {"infovqa", "infovqa_val", "anls"},
      {"mmbench", "mmbench_en_dev", "accuracy", {{"gpt_eval_score", "circular_accuracy", 100.0}}},
      {"mme",
       "mme",
       "accuracy",
       {{"mme_perception_score", "perception"}, {"mme_cognition_score", "cognition"}}},
      {"ocrbench", "ocrbench", "ocrbench_accuracy"},
      {"pope",
       "pope",
       "pope_accuracy",
       {{"pope_precision", "lmms_eval_precision"},
        {"pope_recall", "lmms_eval_recall"},
        {"pope_f1_score", "lmms_eval_f1"},
        {"pope_yes_ratio", "lmms_eval_yes_ratio"}}},
      {"scienceqa", "scienceqa_img", "exact_match"},
      {"stvqa", "stvqa", "anls"},
      {"textvqa", "textvqa_val", "exact_match"},
      {"vizwiz", "vizwiz_vqa_val", "exact_match"},
      {"vqav2", "vqav2_val", "exact_match"},
  };
  return all;
}

Task task_of(const FinishedBenchmark& finished) {
  for (const Task& task : tasks())
    if (task.benchmark == finished.benchmark->name) return task;
  return {finished.benchmark->name, finished.benchmark->name,
          finished.report == nullptr ? "submission" : std::string_view(finished.report->metric)};
}

std::optional<double> number_of(const ScoreReport& report, std::string_view name) {
  for (const NamedValue& further : report.further)
    if (further.name == name) return further.value;
  for (const FamilyScore& family : report.families)
    if (family.family == name) return family.mean;
  return std::nullopt;
}

Json results_of(const FinishedBenchmark& finished) {
  const Task task = task_of(finished);
  Json results{{"alias", task.task}};
  if (finished.report == nullptr) return results;
  const ScoreReport& report = *finished.report;
  const std::string metric(task.metric);
  // The standard error is that of our form of the score.
  const std::optional<double> their_mean = number_of(report, "lmms_eval_accuracy");
  const bool known = !their_mean && std::isfinite(report.standard_error);
  results[metric + ",none"] = their_mean.value_or(report.mean);
  results[metric + "_stderr,none"] = known ? Json(report.standard_error) : Json("N/A");
  for (const Task::Number& number : task.numbers)
    if (const auto value = number_of(report, number.ours))
      results[std::string(number.theirs) + ",none"] = *value * number.scale;
  return results;
}

/// The answer's score in lmms-eval's form.
double sample_score(const Question& question, const Prediction& prediction, const BenchmarkFormat& format) {
  return format.lmms_eval_score == nullptr ? *prediction.score
                                           : format.lmms_eval_score(question, prediction.text);
}

std::string samples_of(const FinishedBenchmark& finished) {
  const Task task = task_of(finished);
  const BenchmarkFormat& format = find_benchmark_format(finished.benchmark->name);
  std::string lines;
  for (std::size_t i = 0; i < finished.predictions.size(); ++i) {
    const Question& question = finished.benchmark->questions[i];
    const Prediction& prediction = finished.predictions[i];
    Json doc{{"question_id", question.question_id.text},
             {"image_id", question.image_id.text},
             {"question", question.question}};
    Json answers(question.answers);
    const std::string target = question.answers.size() == 1 ? question.answers.front() : answers.dump();
    Json line{{"doc_id", i},
              {"target", target},
              {"filtered_resps", Json::array({prediction.text})},
              {"doc_hash", content_hash(doc.dump(-1, ' ', false, Json::error_handler_t::replace))},
              {"input", finished.prompts[i]}};
    if (prediction.score) line[std::string(task.metric)] = sample_score(question, prediction, format);
    line["question_id"] = question.question_id.text;
    lines += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return lines;
}

}  // namespace

std::string lmms_eval_task(const std::string& benchmark) {
  for (const Task& task : tasks())
    if (task.benchmark == benchmark) return std::string(task.task);
  return benchmark;
}

void write_lmms_eval_files(const std::filesystem::path& folder, const std::string& model,
                           const std::string& date, std::span<const FinishedBenchmark> finished) {
  Json results = Json::object(), configs = Json::object(), versions = Json::object(), shots = Json::object(),
       counts = Json::object(), higher = Json::object();
  for (const FinishedBenchmark& one : finished) {
    const std::string task(task_of(one).task);
    results[task] = results_of(one);
    configs[task] = {{"task", task},
                     {"generation_kwargs", {{"max_new_tokens", one.max_new_tokens}, {"temperature", 0}}}};
    versions[task] = "imp";
    shots[task] = 0;
    counts[task] = {{"original", one.questions_in_all}, {"effective", one.predictions.size()}};
    higher[task] = Json{{std::string(task_of(one).metric), true}};
    write_file_atomically(folder / model / (date + "_samples_" + task + ".jsonl"), samples_of(one));
  }
  const Json all{{"results", results},
                 {"configs", configs},
                 {"versions", versions},
                 {"n-shot", shots},
                 {"higher_is_better", higher},
                 {"n-samples", counts},
                 {"config", {{"model", "imp"}, {"model_args", "pretrained=" + model}}},
                 {"git_hash", "N/A"},
                 {"date", date},
                 {"model_source", "imp"},
                 {"model_name", model},
                 {"model_name_sanitized", model}};
  write_file_atomically(folder / model / (date + "_results.json"),
                        all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace imp::eval
