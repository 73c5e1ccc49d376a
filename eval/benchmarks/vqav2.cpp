// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/vqav2.h"

#include <unordered_map>

#include "eval/benchmarks/json_records.h"
#include "eval/metrics/vqa_accuracy.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

std::filesystem::path annotations_beside(const std::filesystem::path& questions_file) {
  std::string name = python_replace(questions_file.filename().string(), "OpenEnded_", "");
  name = python_replace(name, "_questions", "_annotations");
  return questions_file.parent_path() / name;
}

std::vector<std::string> read_answers(const JsonText& file, simdjson::ondemand::value list) {
  constexpr std::size_t kAnnotators = 10;
  std::vector<std::string> answers;
  answers.reserve(kAnnotators);
  for (auto item : list.get_array())
    for (auto field : item.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "answer") answers.push_back(file.text(field.value(), key));
    }
  return answers;
}

std::string data_subtype(JsonText& file) {
  std::string found;
  try {
    simdjson::ondemand::document document = file.parse(file.content());
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "data_subtype") found = file.text(field.value(), key);
    }
  } catch (const simdjson::simdjson_error&) {
    file.fail_syntax(file.content());
  }
  require_key(file, file.content().data(), !found.empty(), "data_subtype");
  return found == "test-dev2015" ? "test2015" : found;
}

std::string picture_name(const std::string& subtype, const std::string& image_id) {
  const std::size_t zeros = image_id.size() < 12 ? 12 - image_id.size() : 0;
  return "COCO_" + subtype + "_" + std::string(zeros, '0') + image_id + ".jpg";
}

/// Finds questions by id. Annotations come in the order of the questions as a rule, so the next one is tried
/// first.
class QuestionFinder {
 public:
  explicit QuestionFinder(std::vector<Question>& questions) : questions_(questions) {}

  Question* find(const std::string& id) {
    if (next_ < questions_.size() && questions_[next_].question_id.text == id) return &questions_[next_++];
    if (index_.empty()) {
      index_.reserve(questions_.size());
      for (std::size_t i = 0; i < questions_.size(); ++i) index_.emplace(questions_[i].question_id.text, i);
    }
    const auto found = index_.find(id);
    if (found == index_.end()) return nullptr;
    next_ = found->second + 1;
    return &questions_[found->second];
  }

 private:
  std::vector<Question>& questions_;
  std::size_t next_ = 0;
  std::unordered_map<std::string_view, std::size_t> index_;
};

/// Puts answers and types of the annotations file to the questions; annotations of no question are passed
/// over.
void add_annotations(std::vector<Question>& questions, const std::filesystem::path& path) {
  JsonText file(path);
  QuestionFinder finder(questions);
  for_each_record(file, "annotations", [&](const char* at, const auto& read_members) {
    Identifier id;
    std::vector<std::string> answers;
    std::string answer_type;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "question_id") id = file.identifier(value, key);
      if (key == "answer_type") answer_type = file.text(value, key);
      if (key == "answers") answers = read_answers(file, value);
    });
    require_key(file, at, !id.text.empty(), "question_id");
    require_key(file, at, !answers.empty(), "answers");
    Question* const question = finder.find(id.text);
    if (question == nullptr) return;
    question->answers = std::move(answers);
    question->family = std::move(answer_type);
  });
  for (const Question& question : questions)
    if (question.answers.empty())
      throw Error(path.string() + ": no annotation for question " + question.question_id.text +
                  "; the two files must be of one split");
}

}  // namespace

std::vector<Question> read_vqav2(const std::filesystem::path& questions_file,
                                 const std::filesystem::path& images) {
  JsonText file(questions_file);
  const std::string subtype = data_subtype(file);
  std::vector<Question> questions;
  for_each_record(file, "questions", [&](const char* at, const auto& read_members) {
    Question question;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "question_id") question.question_id = file.identifier(value, key);
      if (key == "image_id") question.image_id = file.identifier(value, key);
      if (key == "question") question.question = file.text(value, key);
    });
    require_key(file, at, !question.question_id.text.empty(), "question_id");
    require_key(file, at, !question.image_id.text.empty(), "image_id");
    require_key(file, at, !question.question.empty(), "question");
    if (!images.empty()) question.image_path = images / picture_name(subtype, question.image_id.text);
    questions.push_back(std::move(question));
  });
  const std::filesystem::path annotations = annotations_beside(questions_file);
  if (annotations != questions_file && std::filesystem::exists(annotations))
    add_annotations(questions, annotations);
  return questions;
}

double score_vqav2(const Question& question, std::string_view prediction) {
  (void)the_answer(question);
  return vqa_accuracy_lmms_eval_vqav2(prediction, question.answers);
}

}  // namespace imp::eval
