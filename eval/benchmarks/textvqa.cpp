// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/textvqa.h"

#include "eval/benchmarks/question_record.h"
#include "eval/metrics/vqa_accuracy.h"

namespace imp::eval {
namespace {

constexpr std::size_t kAnnotators = 10;
constexpr std::string_view kVersion = "0.5.1";

std::vector<std::string> read_answers(const JsonStream& file, simdjson::ondemand::value value) {
  const char* const at = value.raw_json_token().data();
  std::vector<std::string> answers = read_texts(file, value, "answers");
  if (answers.size() != kAnnotators)
    file.fail(at, std::to_string(answers.size()) + " answers; TextVQA has exactly 10 a question");
  return answers;
}

enum class Version { checked, any };

std::vector<Question> read(const std::filesystem::path& annotations, const std::filesystem::path& images,
                           Version version) {
  JsonStream file(annotations);
  std::vector<Question> questions;
  const auto read_question = [&](const char* at, const auto& read_members) {
    Question question;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      read_question_member(file, key, value, question);
      if (key == "family") question.family = file.text(value, key);
      if (key == "ocr_tokens") question.ocr_tokens = read_texts(file, value, key);
      if (key == "answers") question.answers = read_answers(file, value);
    });
    require_question_members(file, at, question);
    if (!images.empty()) question.image_path = images / (question.image_id.text + ".jpg");
    questions.push_back(std::move(question));
  };
  for_each_record(file, "data", read_question, [&](std::string_view key, std::string_view value) {
    if (key != "dataset_version" || version == Version::any) return;
    const std::string found = file.taken_text(value, key);
    if (found != kVersion) file.fail(value.data(), "TextVQA version " + found + "; version 0.5.1 is needed");
  });
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
