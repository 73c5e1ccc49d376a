// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/scienceqa.h"

#include <unordered_set>

#include "eval/benchmarks/json_records.h"
#include "eval/metrics/option_letter.h"

namespace imp::eval {
namespace {

std::unordered_set<std::string> test_split(const std::filesystem::path& path) {
  JsonStream file(path);
  std::unordered_set<std::string> ids;
  for_each_member(file, [&](const std::string& key) {
    if (key != "test") return file.skip_value();
    file.parse(file.take_value(), [&](simdjson::ondemand::document& list) {
      for (auto id : list.get_array()) ids.insert(file.identifier(id.value(), key).text);
    });
  });
  require_top_key(file, !ids.empty(), "test");
  return ids;
}

/// A problem as the file has it.
struct Problem {
  std::string question, hint, image, subject;
  std::vector<std::string> choices;
  long long answer = -1;
};

std::string wording(const Problem& problem) {
  std::string text = problem.hint.empty() ? "" : "Context: " + problem.hint + "\n";
  text += problem.question;
  for (std::size_t i = 0; i < problem.choices.size(); ++i)
    text += std::string("\n") + static_cast<char>('A' + i) + ". " + problem.choices[i];
  return text;
}

int answer_index(const Question& question) {
  return the_answer(question).at(0) - 'A';
}

}  // namespace

std::vector<Question> read_scienceqa(const std::filesystem::path& problems,
                                     const std::filesystem::path& images) {
  const std::unordered_set<std::string> wanted = test_split(problems.parent_path() / "pid_splits.json");
  JsonStream file(problems);
  std::vector<Question> questions;
  for_each_named_record(file, [&](const std::string& id, const char* at, const auto& read_members) {
    Problem problem;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "question") problem.question = file.text(value, key);
      if (key == "hint") problem.hint = file.text(value, key);
      if (key == "subject") problem.subject = file.text(value, key);
      if (key == "choices") problem.choices = read_texts(file, value, key);
      if (key == "answer") problem.answer = file.whole_number(value, key);
      if (key == "image" && value.raw_json_token().starts_with('"')) problem.image = file.text(value, key);
    });
    if (problem.image.empty() || !wanted.contains(id)) return;
    require_key(file, at, !problem.question.empty(), "question");
    require_key(file, at, !problem.choices.empty(), "choices");
    const auto choices = static_cast<long long>(problem.choices.size());
    if (choices > 26) file.fail(at, "more than 26 choices");
    if (problem.answer < 0 || problem.answer >= choices)
      file.fail(at, "answer " + std::to_string(problem.answer) + " is not one of " + std::to_string(choices) +
                        " choices");
    Question question{{id, false},     {id, false},     {}, wording(problem), {},
                      problem.subject, problem.choices, {}};
    question.answers = {std::string(1, static_cast<char>('A' + problem.answer))};
    if (!images.empty()) question.image_path = images / id / problem.image;
    questions.push_back(std::move(question));
  });
  return questions;
}

double score_scienceqa(const Question& question, std::string_view prediction) {
  return option_score_llava(prediction, static_cast<int>(question.choices.size()), answer_index(question));
}

double score_scienceqa_lmms_eval(const Question& question, std::string_view prediction) {
  return option_score_lmms_eval(prediction, static_cast<int>(question.choices.size()),
                                answer_index(question));
}

}  // namespace imp::eval
