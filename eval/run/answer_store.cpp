// SPDX-License-Identifier: Apache-2.0
#include "eval/run/answer_store.h"

#include "eval/benchmarks/question_index.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

/// Length of a file's whole lines: a machine that went down may have left half a line.
long long whole_lines(const std::filesystem::path& path) {
  const std::string content = read_file(path);
  return static_cast<long long>(content.rfind('\n') + 1);
}

}  // namespace

AnswerFiles::AnswerFiles(const std::filesystem::path& folder, const std::string& name)
    : settings(folder / (name + ".settings.json")),
      unfinished(folder / (name + ".unfinished.jsonl")),
      finished(folder / (name + ".jsonl")) {}

void AnswerFiles::remove() const {
  for (const std::filesystem::path& file : {settings, unfinished, finished}) std::filesystem::remove(file);
}

AnswerStore::AnswerStore(AnswerFiles files, const Benchmark& benchmark, const nlohmann::json& settings)
    : files_(std::move(files)), answers_(benchmark.questions.size()) {
  const bool begun = std::filesystem::exists(files_.unfinished),
             done = std::filesystem::exists(files_.finished);
  if (begun || done) check_settings(settings);
  if (done) read(files_.finished, benchmark);
  if (begun) {
    const long long length = whole_lines(files_.unfinished);
    std::filesystem::resize_file(files_.unfinished, static_cast<std::uintmax_t>(length));
    read(files_.unfinished, benchmark);
  }
  if (!begun && !done) write_file_atomically(files_.settings, settings.dump(2) + "\n");
}

void AnswerStore::check_settings(const nlohmann::json& settings) const {
  const nlohmann::json there = std::filesystem::exists(files_.settings)
                                   ? nlohmann::json::parse(read_file(files_.settings), nullptr, false)
                                   : nlohmann::json();
  if (there == settings) return;
  std::string what = "no settings are known of them";
  for (const auto& [key, value] : settings.items()) {
    if (!there.is_object() || there.value(key, nlohmann::json()) == value) continue;
    what = key + " was " + there.value(key, nlohmann::json()).dump() + " and is " + value.dump() + " now";
    break;
  }
  throw Error(files_.finished.string() + ": answers of another run stand here (" + what +
              "); give another folder with -o, or remove them");
}

void AnswerStore::read(const std::filesystem::path& path, const Benchmark& benchmark) {
  QuestionIndex index(benchmark.questions);
  for (Prediction& prediction : read_predictions(path)) {
    const std::optional<std::size_t> found = index.find(prediction.question_id.text);
    if (!found || answers_[*found]) continue;
    prediction.score.reset();
    answers_[*found] = std::move(prediction);
    ++count_;
  }
}

void AnswerStore::add(std::size_t question, const Prediction& prediction) {
  if (!writer_) writer_.emplace(files_.unfinished);
  writer_->write(prediction_line(prediction));
  if (!answers_[question]) ++count_;
  answers_[question] = prediction;
}

std::vector<Prediction> AnswerStore::predictions() const {
  std::vector<Prediction> all;
  all.reserve(answers_.size());
  for (const std::optional<Prediction>& answer : answers_) all.push_back(answer.value());
  return all;
}

void AnswerStore::finish(const std::vector<Prediction>& scored) {
  write_predictions(files_.finished, scored);
  writer_.reset();
  std::error_code ignored;
  std::filesystem::remove(files_.unfinished, ignored);
}

}  // namespace imp::eval
