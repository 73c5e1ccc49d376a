// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/pope.h"

#include <algorithm>
#include <map>

#include "eval/benchmarks/json_records.h"
#include "eval/benchmarks/part_ids.h"
#include "eval/metrics/pope_metrics.h"
#include "eval/metrics/yes_no.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

constexpr std::string_view kKinds[] = {"random", "popular", "adversarial"};

std::string kind_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  for (const std::string_view kind : kKinds)
    if (name.find(kind) != std::string::npos) return std::string(kind);
  return {};
}

/// LLaVA's llava_pope_test.jsonl numbers all three kinds in one file: adversarial from 1, random from
/// 10,000,001, popular from 20,000,001.
std::string llava_id(std::string_view kind, std::size_t place) {
  constexpr std::size_t kStep = 10'000'000;
  if (kind == "random") place += kStep;
  if (kind == "popular") place += 2 * kStep;
  return std::to_string(place + 1);
}

void read_file_of_lines(const std::filesystem::path& path, const std::filesystem::path& images,
                        std::vector<Question>& questions) {
  JsonStream file(path);
  const std::string kind = kind_of(path);
  std::size_t place = 0;
  for_each_line(file, [&](const char* at, const auto& read_members) {
    Question question;
    question.family = kind;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "question_id") question.question_id = file.identifier(value, key);
      if (key == "image") question.image_id = {file.text(value, key), false};
      if (key == "text") question.question = file.text(value, key);
      if (key == "label") question.answers = {file.text(value, key)};
      if (key == "category") question.family = file.text(value, key);
    });
    require_key(file, at, !question.question_id.text.empty(), "question_id");
    require_key(file, at, !question.image_id.text.empty(), "image");
    require_key(file, at, !question.question.empty(), "text");
    require_key(file, at, !question.answers.empty(), "label");
    const std::string& label = question.answers.front();
    if (label != "yes" && label != "no") file.fail(at, "label '" + label + "'; yes or no is needed");
    if (!kind.empty()) question.other_id = llava_id(kind, place++);
    if (!images.empty()) question.image_path = images / question.image_id.text;
    questions.push_back(std::move(question));
  });
}

double mean_f1(const std::map<std::string, std::vector<YesNoRow>>& families) {
  double sum = 0.0;
  for (const auto& [family, rows] : families) sum += pope_llava(rows).f1;
  return sum / static_cast<double>(families.size());
}

}  // namespace

std::vector<Question> read_pope(const std::filesystem::path& annotations,
                                const std::filesystem::path& images) {
  std::vector<Question> questions;
  if (!std::filesystem::is_directory(annotations)) {
    read_file_of_lines(annotations, images, questions);
    if (ids_repeat(questions)) name_by_family(questions);
    return questions;
  }
  for (const std::string_view kind : kKinds)
    read_file_of_lines(annotations / ("coco_pope_" + std::string(kind) + ".json"), images, questions);
  name_by_family(questions);
  return questions;
}

double score_pope(const Question& question, std::string_view prediction) {
  return parse_yes_no_llava(prediction) == the_answer(question) ? 1.0 : 0.0;
}

double score_pope_lmms_eval(const Question& question, std::string_view prediction) {
  return parse_yes_no_lmms_eval_pope(prediction) == the_answer(question) ? 1.0 : 0.0;
}

std::vector<NamedValue> summarise_pope(std::span<const ScoredAnswer> answers) {
  std::vector<YesNoRow> rows;
  std::map<std::string, std::vector<YesNoRow>> families;
  for (const ScoredAnswer& answer : answers) {
    rows.push_back({std::string(answer.prediction), the_answer(*answer.question)});
    families[answer.question->family].push_back(rows.back());
  }
  const PopeLlava llava = pope_llava(rows);
  const PopeLmmsEval lmms_eval = pope_lmms_eval(rows);
  return {{"f1", mean_f1(families)},
          {"precision", llava.precision},
          {"recall", llava.recall},
          {"yes_ratio", llava.yes_ratio},
          {"lmms_eval_precision", lmms_eval.precision},
          {"lmms_eval_recall", lmms_eval.recall},
          {"lmms_eval_f1", lmms_eval.f1},
          {"lmms_eval_yes_ratio", lmms_eval.yes_ratio}};
}

}  // namespace imp::eval
