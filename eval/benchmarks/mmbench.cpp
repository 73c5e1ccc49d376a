// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/mmbench.h"

#include <charconv>
#include <map>
#include <unordered_set>

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

/// Some versions of the table give rotations the first row's index in place of the picture.
bool has_picture(const TsvReader& table) {
  constexpr std::size_t kLongestIndex = 16;
  return table["image"].size() > kLongestIndex;
}

std::string image_id(const TsvReader& table) {
  return std::to_string(row_index(table) % kRotationStep);
}

}  // namespace

std::vector<Question> read_mmbench(const std::filesystem::path& annotations,
                                   const std::filesystem::path& images) {
  TsvReader table(annotations);
  table.require({"index", "question", "A", "B"});
  std::vector<Question> questions;
  std::unordered_set<std::string> in_table;
  while (table.next()) {
    Question question;
    question.question_id = {std::to_string(row_index(table)), true};
    question.image_id = {image_id(table), true};
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
    if (!images.empty()) question.image_path = images / (question.image_id.text + ".jpg");
    if (has_picture(table)) in_table.insert(question.image_id.text);
    questions.push_back(std::move(question));
  }
  for (Question& question : questions)
    question.image_in_annotations = in_table.contains(question.image_id.text);
  return questions;
}

void unpack_mmbench(const std::filesystem::path& annotations, const std::set<std::filesystem::path>& images) {
  std::map<std::string, std::filesystem::path> wanted;
  for (const std::filesystem::path& image : images) wanted.emplace(image.stem().string(), image);
  TsvReader table(annotations);
  table.require({"index", "image"});
  while (!wanted.empty() && table.next()) {
    const auto found = wanted.find(image_id(table));
    if (found == wanted.end() || !has_picture(table)) continue;
    const auto bytes = decode_base64(table["image"]);
    if (!bytes) table.fail("column 'image' is not base64");
    write_file_atomically(found->second, *bytes);
    wanted.erase(found);
  }
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
