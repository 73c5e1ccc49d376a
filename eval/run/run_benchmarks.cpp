// SPDX-License-Identifier: Apache-2.0
#include "eval/run/run_benchmarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "eval/predictions/report_json.h"
#include "eval/predictions/score.h"
#include "eval/run/answer_store.h"
#include "eval/run/benchmark_files.h"
#include "eval/run/lmms_eval_files.h"
#include "eval/run/loaded_pictures.h"
#include "eval/run/progress_line.h"
#include "eval/run/prompts.h"
#include "eval/run/run_settings.h"
#include "eval/run/submission.h"
#include "models/image/unreadable.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/io/printable.h"

namespace imp::eval {
namespace {

using Json = nlohmann::ordered_json;

/// A benchmark with what is known and written about it.
struct Task {
  Benchmark benchmark;
  std::vector<Asked> questions;  ///< one a question of the benchmark
  std::size_t questions_in_all = 0;
  nlohmann::json settings;
  std::unique_ptr<AnswerStore> answers;
  std::optional<ScoreReport> report;
  std::vector<Prediction> predictions;
};

std::vector<BenchmarkFiles> files_of(const RunRequest& request) {
  if (request.data.empty()) {
    if (request.benchmarks.size() != 1 || request.benchmarks.front() == "all" || request.annotations.empty())
      throw Error("give --annotations and --images for one benchmark, or --data with a folder a benchmark");
    return {{request.benchmarks.front(), request.annotations, request.images}};
  }
  if (!request.annotations.empty() || !request.images.empty())
    throw Error("--annotations and --images go with one benchmark, not with --data");
  std::vector<BenchmarkFiles> files;
  std::set<std::string> seen;
  for (const std::string& name : request.benchmarks) {
    const std::vector<BenchmarkFiles> found =
        name == "all" ? find_all_benchmarks(request.data)
                      : std::vector<BenchmarkFiles>{find_benchmark_files(name, request.data)};
    for (const BenchmarkFiles& one : found)
      if (seen.insert(one.name).second) files.push_back(one);
  }
  return files;
}

/// What can be chosen by likelihood: the options' letters, or yes and no.
std::vector<std::string> options_of(const Benchmark& benchmark, const Question& question) {
  if (benchmark.name == "pope" || benchmark.name == "mme") return {"Yes", "No"};
  std::vector<std::string> letters;
  for (std::size_t i = 0; i < question.choices.size(); ++i)
    letters.emplace_back(1, static_cast<char>('A' + i));
  return letters;
}

Task make_task(const RunRequest& request, const BenchmarkFiles& files, const Prompts& prompts,
               const nlohmann::json& settings) {
  Task task;
  // MMBench's pictures stand in its table; they are unpacked beside the answers.
  const bool unpack = files.name == "mmbench" && request.images.empty();
  task.benchmark = load_benchmark(files.name, files.annotations,
                                  unpack ? request.output / "mmbench_images" : files.images);
  task.questions_in_all = task.benchmark.questions.size();
  std::string asked;
  for (std::size_t i = 0; i < task.benchmark.questions.size(); ++i) {
    const Question& question = task.benchmark.questions[i];
    Asked one{i, question.image_path, prompts.words(files.name, question), {}, 0};
    if (request.likelihood) one.options = options_of(task.benchmark, question);
    const std::string hash = content_hash(question.question_id.text);
    one.key = std::stoull(hash.substr(0, 16), nullptr, 16);
    asked +=
        question.question_id.text + '\t' + question.image_path.filename().string() + '\t' + one.words + '\n';
    task.questions.push_back(std::move(one));
  }
  task.settings = settings;
  task.settings["questions"] = content_hash(asked);
  if (request.limit > 0 && request.limit < task.questions.size()) {
    task.questions.resize(request.limit);
    task.benchmark.questions.resize(request.limit);
  }
  unpack_images(task.benchmark);
  return task;
}

struct Stopped {};

/// Pictures of open questions that cannot be read, all of a benchmark's in one text of lines; empty if none.
std::string unreadable_pictures(const Task& task, const std::function<bool()>& stopped) {
  std::set<std::filesystem::path> asked;
  for (const Asked& one : task.questions)
    if (!task.answers->has(one.question)) asked.insert(one.image);
  const std::vector<std::filesystem::path> files(asked.begin(), asked.end());
  ProgressLine progress(task.benchmark.name + ": looking at pictures", 0, files.size(), "pictures");
  const std::vector<models::UnreadablePicture> unreadable =
      models::find_unreadable(files, [&](std::size_t done) {
        if (stopped()) throw Stopped();
        progress.show(done);
      });
  progress.clear();
  if (unreadable.empty()) return "";
  return fmt::format(
      "{}: {} of {} pictures cannot be read; mend them: questions are never left out, since the scores "
      "would not compare{}",
      task.benchmark.name, unreadable.size(), files.size(), models::as_lines(unreadable));
}

/// All tasks, checked as far as possible without the model. Throws Stopped if that was asked for.
std::vector<Task> make_tasks(const RunRequest& request, at::Device device,
                             const std::function<bool()>& stopped) {
  Prompts prompts;
  if (!request.prompts.empty()) prompts.read_overrides(request.prompts);
  if (!request.ocr_tokens.empty()) prompts.read_ocr_tokens(request.ocr_tokens);
  const nlohmann::json settings = run_settings(request, device);
  std::vector<Task> tasks;
  std::string problems;
  for (const BenchmarkFiles& files : files_of(request)) {
    try {
      tasks.push_back(make_task(request, files, prompts, settings));
      require_images(tasks.back().benchmark);
    } catch (const Error& error) {
      problems += (problems.empty() ? "" : "\n") + std::string(error.what());
    }
  }
  if (!problems.empty()) throw Error::of_lines(problems);
  for (Task& task : tasks) {
    task.answers = std::make_unique<AnswerStore>(
        AnswerFiles(request.output / "predictions", task.benchmark.name), task.benchmark, task.settings);
    const std::string lines = unreadable_pictures(task, stopped);
    if (!lines.empty()) problems += (problems.empty() ? "" : "\n") + lines;
  }
  if (!problems.empty()) throw Error::of_lines(problems);
  return tasks;
}

/// Questions without an answer, those about a picture side by side, in the order of the pictures' first
/// questions.
std::vector<Asked> open_questions(const Task& task) {
  std::map<std::filesystem::path, std::size_t> first;
  std::vector<Asked> open;
  for (const Asked& asked : task.questions) {
    first.emplace(asked.image, first.size());
    if (!task.answers->has(asked.question)) open.push_back(asked);
  }
  std::stable_sort(open.begin(), open.end(),
                   [&](const Asked& a, const Asked& b) { return first.at(a.image) < first.at(b.image); });
  return open;
}

Prediction prediction_of(const Question& question, const Reply& reply) {
  return {question.question_id, question.image_id,     reply.text,         std::nullopt,
          question.family,      reply.question_tokens, reply.answer_tokens};
}

/// In bfloat16 an answer may depend on what is asked beside it: says how many of some do.
void compare_alone(const models::LoadedModel& model, const AskOptions& ask, const Task& task,
                   std::vector<Asked> asked, const std::function<bool()>& stopped) {
  constexpr std::size_t kSample = 100;
  asked.resize(std::min(asked.size(), kSample));
  AskOptions alone = ask;
  alone.rows = 1;
  std::size_t differ = 0, count = 0;
  const std::vector<Prediction> predictions = task.answers->predictions();
  (void)ask_all(
      asked_model(model, ask.beams), LoadedPictures(model), alone, asked,
      [&](const Asked& question, const Reply& reply) {
        ++count;
        if (predictions[question.question].text != reply.text) ++differ;
      },
      stopped);
  fmt::print(stderr, "{}: bfloat16: {} of {} answers ({:.1f} %) differ when asked alone\n",
             task.benchmark.name, differ, count,
             100.0 * static_cast<double>(differ) / static_cast<double>(std::max<std::size_t>(count, 1)));
}

/// Asks what is open of a task. False if it was stopped.
bool ask_task(Task& task, const RunRequest& request, std::optional<models::LoadedModel>& model,
              const std::function<bool()>& stopped) {
  const std::vector<Asked> open = open_questions(task);
  if (open.empty()) return true;
  if (!model) {
    model.emplace(models::load_model(request.model));
    if (!model->processor)
      throw Error(request.model.directory.string() + ": a language model alone sees no pictures");
    model->llava.pack();
  }
  ProgressLine progress(task.benchmark.name, task.answers->count(), task.questions.size());
  (void)ask_all(
      asked_model(*model, request.ask.beams), LoadedPictures(*model), request.ask, open,
      [&](const Asked& asked, const Reply& reply) {
        task.answers->add(asked.question, prediction_of(task.benchmark.questions[asked.question], reply));
        progress.show(task.answers->count());
      },
      stopped);
  progress.finish(task.answers->count());
  if (task.answers->count() < task.questions.size()) return false;
  if (request.model.dtype == "bfloat16") compare_alone(*model, request.ask, task, open, stopped);
  return true;
}

void score_task(Task& task, const RunRequest& request) {
  task.predictions = task.answers->predictions();
  const bool known = std::all_of(task.benchmark.questions.begin(), task.benchmark.questions.end(),
                                 [](const Question& question) { return !question.answers.empty(); });
  if (known) {
    task.report = score_predictions(task.benchmark, task.predictions);
    for (std::size_t i = 0; i < task.predictions.size(); ++i)
      task.predictions[i].score = task.report->scores[i];
    const std::string remarks = describe(task.report->problems);
    if (!remarks.empty()) fmt::print(stderr, "{}: {}\n", task.benchmark.name, printable(remarks));
  }
  task.answers->finish(task.predictions);
  const auto submission = write_submission(request.output / "submissions", task.benchmark, task.predictions);
  if (!known && submission)
    fmt::print(stderr, "{}: the answers are its server's; submit {}\n", task.benchmark.name,
               printable(submission->string()));
}

void write_results(const std::vector<Task>& tasks, const RunRequest& request) {
  Json results = Json::array();
  std::vector<FinishedBenchmark> finished;
  for (const Task& task : tasks) {
    if (task.report) {
      results.push_back(report_json(task.benchmark.name, *task.report));
    } else {
      results.push_back(
          {{"benchmark", task.benchmark.name}, {"metric", nullptr}, {"n", task.predictions.size()}});
    }
    FinishedBenchmark one{
        &task.benchmark,       task.predictions,          task.report ? &*task.report : nullptr, {},
        task.questions_in_all, request.ask.max_new_tokens};
    for (const Asked& asked : task.questions) one.prompts.push_back(asked.words);
    finished.push_back(std::move(one));
  }
  const Json all{{"schema", 1},
                 {"checkpoint", request.model.directory.string()},
                 {"settings", tasks.empty() ? nlohmann::json() : tasks.front().settings},
                 {"benchmarks", results}};
  write_file_atomically(request.output / "results.json",
                        all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char date[32];
  (void)std::strftime(date, sizeof(date), "%Y%m%d_%H%M%S", &utc);
  write_lmms_eval_files(request.output / "lmms_eval", model_name(request.model.directory), date, finished);
  if (request.json) {
    fmt::print("{}\n", printable_lines(all.dump(2, ' ', false, Json::error_handler_t::replace)));
    return;
  }
  for (const Task& task : tasks) {
    if (!task.report) continue;
    fmt::print("{} {}: {:.1f} % (standard error {:.1f}; {} questions, {} pictures)\n", task.benchmark.name,
               task.report->metric, 100 * task.report->mean, 100 * task.report->standard_error,
               task.report->n, task.report->images);
  }
}

}  // namespace

int run_benchmarks(const RunRequest& request, const std::atomic<bool>& stopped) {
  constexpr int kInterrupted = 130;
  const std::function<bool()> is_stopped = [&] { return stopped.load(); };
  const at::Device device = models::weight_options(request.model).device();
  (void)models::conversation_template(request.model.conversation);
  const auto interrupted = [] {
    fmt::print(stderr, "interrupted; the answers so far are kept, and the same command goes on from them\n");
    return kInterrupted;
  };
  std::vector<Task> tasks;
  try {
    tasks = make_tasks(request, device, is_stopped);
  } catch (const Stopped&) {
    return interrupted();
  }
  std::optional<models::LoadedModel> model;
  for (Task& task : tasks) {
    if (!ask_task(task, request, model, is_stopped)) return interrupted();
    score_task(task, request);
  }
  write_results(tasks, request);
  return 0;
}

}  // namespace imp::eval
