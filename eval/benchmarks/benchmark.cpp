// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/benchmark.h"

#include <algorithm>
#include <unordered_set>

#include "eval/benchmarks/format.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

void require_unique_ids(const std::vector<Question>& questions, const std::filesystem::path& annotations) {
  // Ids that rise are unique: most data sets need no table of a million ids.
  const auto rises = [](const Question& a, const Question& b) {
    const std::string &first = a.question_id.text, &second = b.question_id.text;
    return first.size() != second.size() ? first.size() < second.size() : first < second;
  };
  if (std::adjacent_find(questions.begin(), questions.end(), [&](const Question& a, const Question& b) {
        return !rises(a, b);
      }) == questions.end())
    return;
  std::unordered_set<std::string_view> seen;
  seen.reserve(questions.size());
  for (const Question& question : questions)
    if (!seen.insert(question.question_id.text).second)
      throw Error(annotations.string() + ": question id " + question.question_id.text +
                  " occurs twice; ids must be unique");
}

/// A prompt's words and, on a line of its own, the suffix with which the data set is evaluated.
std::string with_suffix(const Benchmark& benchmark, const std::string& words) {
  const std::string_view suffix = find_benchmark_format(benchmark.name).prompt_suffix;
  return suffix.empty() ? words : words + "\n" + std::string(suffix);
}

}  // namespace

Benchmark load_benchmark(std::string_view name, const std::filesystem::path& annotations,
                         const std::filesystem::path& images) {
  const BenchmarkFormat& format = find_benchmark_format(name);
  Benchmark benchmark{std::string(name), format.read(annotations, images), annotations};
  if (benchmark.questions.empty())
    throw Error(annotations.string() + ": no questions; at least one is needed");
  require_unique_ids(benchmark.questions, annotations);
  return benchmark;
}

void unpack_images(const Benchmark& benchmark) {
  std::set<std::filesystem::path> absent;
  for (const Question& question : benchmark.questions) {
    if (question.image_in_annotations && !std::filesystem::exists(question.image_path))
      absent.insert(question.image_path);
  }
  if (absent.empty()) return;
  find_benchmark_format(benchmark.name).unpack(benchmark.annotations, absent);
}

void require_images(const Benchmark& benchmark) {
  constexpr std::size_t kNamed = 3;
  std::unordered_set<std::string_view> checked;
  std::string names;
  std::size_t absent = 0;
  for (const Question& question : benchmark.questions) {
    if (!checked.insert(question.image_path.native()).second) continue;
    if (question.image_in_annotations || std::filesystem::is_regular_file(question.image_path)) continue;
    ++absent;
    if (absent <= kNamed) names += (names.empty() ? "" : ", ") + question.image_path.string();
  }
  if (absent == 0) return;
  throw Error(benchmark.name + ": " + std::to_string(absent) + " of " + std::to_string(checked.size()) +
              " pictures are absent (" + names + (absent > kNamed ? ", ..." : "") +
              "); name the folder that holds them");
}

const std::string& the_answer(const Question& question) {
  if (question.answers.empty())
    throw Error("question " + question.question_id.text +
                ": the annotations carry no answer; a test split is scored by its server");
  return question.answers.front();
}

std::string prompt(const Benchmark& benchmark, const Question& question) {
  return with_suffix(benchmark, question.question);
}

std::string prompt_with_ocr_tokens(const Benchmark& benchmark, const Question& question) {
  std::string tokens;
  for (const std::string& token : question.ocr_tokens) tokens += (tokens.empty() ? "" : ", ") + token;
  return with_suffix(benchmark, question.question + "\n" + kOcrTokensLine + tokens);
}

}  // namespace imp::eval
