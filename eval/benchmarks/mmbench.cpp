// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/mmbench.h"

#include <charconv>
#include <map>

#include "eval/metrics/option_choice.h"
#include "eval/text/base64.h"
#include "eval/text/tsv.h"
#include "models/io/file.h"

namespace imp::eval {
namespace {

constexpr long long kRotationStep = 1'000'000;

long long row_index(const TsvReader& table) {
  const std::string_view text = table["index"];
  long long index = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), index);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || index < 0)
    table.fail("index '" + std::string(text) + "' is not a whole number");
  return index;
}

/// pandas writes an absent option as nothing, `nan` or `NaN`.
bool is_absent(std::string_view text) {
  return text.empty() || text == "nan" || text == "NaN";
}

std::vector<std::string> read_choices(const TsvReader& table) {
  std::vector<std::string> choices;
  for (const std::string_view letter : {"A", "B", "C", "D"}) {
    if (is_absent(table[letter])) break;
    choices.emplace_back(table[letter]);
  }
  if (choices.size() < 2) table.fail("fewer than two options");
  return choices;
}

std::string wording(const TsvReader& table, const std::vector<std::string>& choices) {
  std::string text = is_absent(table["hint"]) ? "" : std::string(table["hint"]) + "\n";
  text += table["question"];
  for (std::size_t i = 0; i < choices.size(); ++i)
    text += std::string("\n") + static_cast<char>('A' + i) + ". " + choices[i];
  return text;
}

/// Writes the row's picture unless it exists. Some versions of the table give rotations the first row's index
/// instead.
void unpack_picture(const TsvReader& table, const std::filesystem::path& path) {
  constexpr std::size_t kLongestIndex = 16;
  const std::string_view text = table["image"];
  if (text.size() <= kLongestIndex || std::filesystem::exists(path)) return;
  const auto bytes = decode_base64(text);
  if (!bytes) table.fail("column 'image' is not base64");
  write_file_atomically(path, *bytes);
}

}  // namespace

std::vector<Question> read_mmbench(const std::filesystem::path& annotations,
                                   const std::filesystem::path& images) {
  TsvReader table(annotations);
  table.require({"index", "question", "A", "B"});
  std::vector<Question> questions;
  while (table.next()) {
    const long long index = row_index(table);
    Question question;
    question.question_id = {std::to_string(index), true};
    question.image_id = {std::to_string(index % kRotationStep), true};
    question.choices = read_choices(table);
    question.question = wording(table, question.choices);
    question.family = table["category"];
    if (!is_absent(table["answer"])) {
      const std::string answer(table["answer"]);
      if (answer.size() != 1 || answer[0] < 'A' ||
          answer[0] >= 'A' + static_cast<int>(question.choices.size()))
        table.fail("answer '" + answer + "' is not the letter of an option");
      question.answers = {answer};
    }
    if (!images.empty()) {
      question.image_path = images / (question.image_id.text + ".jpg");
      unpack_picture(table, question.image_path);
    }
    questions.push_back(std::move(question));
  }
  return questions;
}

double score_mmbench(const Question& question, std::string_view prediction) {
  const auto right = static_cast<std::size_t>(the_answer(question).at(0) - 'A');
  return parse_option_choice(prediction, question.choices) == right ? 1.0 : 0.0;
}

std::vector<NamedValue> summarise_mmbench(std::span<const ScoredAnswer> answers) {
  std::map<std::string_view, bool> all_right;
  for (const ScoredAnswer& answer : answers) {
    bool& right = all_right.try_emplace(answer.question->image_id.text, true).first->second;
    right = right && answer.score == 1.0;
  }
  double sum = 0.0;
  for (const auto& [question, right] : all_right) sum += right ? 1.0 : 0.0;
  return {{"circular_accuracy", sum / static_cast<double>(all_right.size())}};
}

}  // namespace imp::eval
