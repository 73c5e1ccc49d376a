// SPDX-License-Identifier: Apache-2.0
#include "eval/run/lmms_eval_files.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::eval {
namespace {

using Json = nlohmann::ordered_json;

/// lmms-eval's task and the name that it gives the mean of the scores.
struct Task {
  std::string_view benchmark, task, metric;
};

constexpr Task kTasks[] = {
    {"chartqa", "chartqa", "relaxed_overall"},
    {"docvqa", "docvqa_val", "anls"},
    {"gqa", "gqa", "exact_match"},
    {"infovqa", "infovqa_val", "anls"},
    {"mmbench", "mmbench_en_dev", "accuracy"},
    {"mme", "mme", "accuracy"},
    {"ocrbench", "ocrbench", "ocrbench_accuracy"},
    {"pope", "pope", "pope_accuracy"},
    {"scienceqa", "scienceqa_img", "exact_match"},
    {"textvqa", "textvqa_val", "exact_match"},
    {"vizwiz", "vizwiz_vqa_val", "exact_match"},
    {"vqav2", "vqav2_val", "exact_match"},
};

Task task_of(const FinishedBenchmark& finished) {
  for (const Task& task : kTasks)
    if (task.benchmark == finished.benchmark->name) return task;
  return {finished.benchmark->name, finished.benchmark->name,
          finished.report == nullptr ? "submission" : std::string_view(finished.report->metric)};
}

Json results_of(const FinishedBenchmark& finished) {
  const Task task = task_of(finished);
  Json results{{"alias", task.task}};
  if (finished.report == nullptr) return results;
  const std::string metric(task.metric);
  results[metric + ",none"] = finished.report->mean;
  const double error = finished.report->standard_error;
  results[metric + "_stderr,none"] = std::isfinite(error) ? Json(error) : Json("N/A");
  for (const NamedValue& further : finished.report->further) results[further.name + ",none"] = further.value;
  return results;
}

std::string samples_of(const FinishedBenchmark& finished) {
  const Task task = task_of(finished);
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
    if (prediction.score) line[std::string(task.metric)] = *prediction.score;
    line["question_id"] = question.question_id.text;
    lines += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return lines;
}

}  // namespace

std::string lmms_eval_task(const std::string& benchmark) {
  for (const Task& task : kTasks)
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
