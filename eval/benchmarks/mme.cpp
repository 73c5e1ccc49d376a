// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/mme.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "eval/metrics/mme.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::eval {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTextFolder = "questions_answers_YN";

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    entries.push_back(entry.path());
  if (error) throw Error(folder.string() + ": cannot read folder: " + error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<std::string> tab_fields(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

/// The picture `stem` of the category, with the extension under which it exists.
std::string picture_name(const fs::path& folder, const std::string& stem) {
  for (const char* extension : {".jpg", ".png", ".jpeg"})
    if (fs::exists(folder / (stem + extension))) return stem + extension;
  return stem + ".jpg";
}

fs::path picture_folder(const fs::path& root, const std::string& category) {
  const fs::path folder = root / category;
  return fs::is_directory(folder / "images") ? folder / "images" : folder;
}

/// Reads the lines of one text file; `stem` is the picture's name where the lines do not give it.
void read_lines(const fs::path& path, const std::string& category, const std::string& stem,
                const fs::path& root, bool with_images, std::vector<Question>& questions) {
  const std::string content = read_file(path);
  if (const auto bad = first_invalid_utf8(content))
    throw Error(path.string() + ": byte " + std::to_string(*bad) + " is not UTF-8; write the file as UTF-8");
  const fs::path folder = picture_folder(root, category);
  std::istringstream in(content);
  std::map<std::string, int> seen;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (python_strip(line).empty()) continue;
    const std::vector<std::string> fields = tab_fields(line);
    if (fields.size() != 2 && fields.size() != 3)
      throw Error(
          path.string() + ":" + std::to_string(number) + ": " + std::to_string(fields.size()) +
          " fields; question and answer, or image, question and answer, separated by tabs, are needed");
    const bool named = fields.size() == 3;
    const std::string picture = named ? fields[0] : picture_name(folder, stem);
    std::string image = category;
    image.append("/").append(picture);
    Question question;
    question.question_id = {image + "/" + std::to_string(++seen[image]), false};
    question.image_id = {image, false};
    question.question = fields[named ? 1 : 0];
    question.answers = {fields[named ? 2 : 1]};
    question.family = category;
    if (with_images) question.image_path = folder / picture;
    questions.push_back(std::move(question));
  }
}

void read_category(const fs::path& folder, const fs::path& root, bool with_images,
                   std::vector<Question>& questions) {
  const std::string category = folder.filename().string();
  const fs::path texts = fs::is_directory(folder / kTextFolder) ? folder / kTextFolder : folder;
  for (const fs::path& path : sorted_entries(texts))
    if (path.extension() == ".txt")
      read_lines(path, category, path.stem().string(), root, with_images, questions);
}

}  // namespace

std::vector<Question> read_mme(const fs::path& annotations, const fs::path& images) {
  const fs::path& root = images.empty() ? annotations : images;
  std::vector<Question> questions;
  for (const fs::path& entry : sorted_entries(annotations)) {
    if (fs::is_directory(entry)) {
      read_category(entry, root, !images.empty(), questions);
    } else if (entry.extension() == ".txt") {
      read_lines(entry, entry.stem().string(), entry.stem().string(), root, !images.empty(), questions);
    }
  }
  return questions;
}

double score_mme(const Question& question, std::string_view prediction) {
  return mme_is_right(prediction, the_answer(question)) ? 1.0 : 0.0;
}

std::vector<NamedValue> summarise_mme(std::span<const ScoredAnswer> answers) {
  std::map<std::string_view, int> answered;
  for (const ScoredAnswer& answer : answers) ++answered[answer.question->image_id.text];
  std::vector<MmeRow> rows;
  for (const ScoredAnswer& answer : answers) {
    const Question& question = *answer.question;
    if (answered[question.image_id.text] != 2) continue;
    rows.push_back(
        {question.image_id.text, question.family, std::string(answer.prediction), the_answer(question)});
  }
  const MmeScores scores = mme_scores(rows);
  std::vector<NamedValue> values;
  if (scores.perception) values.push_back({"perception", *scores.perception});
  if (scores.cognition) values.push_back({"cognition", *scores.cognition});
  return values;
}

}  // namespace imp::eval
