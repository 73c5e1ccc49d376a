// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/textvqa.h"

#include "eval/json/json_text.h"
#include "eval/metrics/vqa_accuracy.h"

namespace imp::eval {
namespace {

constexpr std::size_t kAnnotators = 10;
constexpr std::string_view kVersion = "0.5.1";

std::vector<std::string> read_answers(const JsonText& file, simdjson::ondemand::value value) {
  const char* const at = value.raw_json_token().data();
  std::vector<std::string> answers;
  answers.reserve(kAnnotators);
  for (auto answer : value.get_array()) answers.push_back(file.text(answer.value(), "answers"));
  if (answers.size() != kAnnotators)
    file.fail(at, std::to_string(answers.size()) + " answers; TextVQA has exactly 10 a question");
  return answers;
}

Question read_question(const JsonText& file, simdjson::ondemand::value item) {
  const char* const at = item.raw_json_token().data();
  Question question;
  for (auto field : item.get_object()) {
    const std::string_view key = field.unescaped_key();
    simdjson::ondemand::value value = field.value();
    if (key == "question_id") {
      question.question_id = file.identifier(value, key);
    } else if (key == "image_id") {
      question.image_id = file.identifier(value, key);
    } else if (key == "question") {
      question.question = file.text(value, key);
    } else if (key == "family") {
      question.family = file.text(value, key);
    } else if (key == "answers") {
      question.answers = read_answers(file, value);
    }
  }
  if (question.question_id.text.empty()) file.fail(at, "no key 'question_id'");
  if (question.image_id.text.empty()) file.fail(at, "no key 'image_id'");
  if (question.question.empty()) file.fail(at, "no key 'question'");
  return question;
}

enum class Version { checked, any };

std::vector<Question> read(const std::filesystem::path& annotations, const std::filesystem::path& images,
                           Version version) {
  JsonText file(annotations);
  std::vector<Question> questions;
  bool has_data = false;
  try {
    simdjson::ondemand::document document = file.parse(file.content());
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      simdjson::ondemand::value value = field.value();
      if (key == "dataset_version" && version == Version::checked) {
        const char* const at = value.raw_json_token().data();
        const std::string found = file.text(value, key);
        if (found != kVersion) file.fail(at, "TextVQA version " + found + "; version 0.5.1 is needed");
      } else if (key == "data") {
        has_data = true;
        for (auto item : value.get_array()) questions.push_back(read_question(file, item.value()));
      }
    }
  } catch (const simdjson::simdjson_error&) {
    file.fail_syntax(file.content());
  }
  if (!has_data)
    file.fail(file.content().data(), "no key 'data'; TextVQA's annotations are one object with it");
  if (!images.empty())
    for (Question& question : questions) question.image_path = images / (question.image_id.text + ".jpg");
  return questions;
}

}  // namespace

std::vector<Question> read_textvqa(const std::filesystem::path& annotations,
                                   const std::filesystem::path& images) {
  return read(annotations, images, Version::checked);
}

std::vector<Question> read_scenetext(const std::filesystem::path& annotations,
                                     const std::filesystem::path& images) {
  return read(annotations, images, Version::any);
}

double score_textvqa(const Question& question, std::string_view prediction) {
  (void)the_answer(question);
  return vqa_accuracy_llava(prediction, question.answers);
}

}  // namespace imp::eval
