// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/chartqa.h"

#include "eval/benchmarks/json_records.h"
#include "eval/metrics/relaxed_accuracy.h"

namespace imp::eval {
namespace {

std::string family_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.find("augmented") != std::string::npos) return "augmented";
  return name.find("human") != std::string::npos ? "human" : "all";
}

void read_list(const std::filesystem::path& path, const std::filesystem::path& images,
               std::vector<Question>& questions) {
  JsonStream file(path);
  const std::string family = family_of(path);
  std::size_t place = 0;
  for_each_record(file, [&](const char* at, const auto& read_members) {
    Question question;
    question.family = family;
    question.question_id = {family + "/" + std::to_string(place++), false};
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "imgname") question.image_id = {file.text(value, key), false};
      if (key == "query") question.question = file.text(value, key);
      if (key == "label") question.answers = {file.text(value, key)};
    });
    require_key(file, at, !question.image_id.text.empty(), "imgname");
    require_key(file, at, !question.question.empty(), "query");
    require_key(file, at, !question.answers.empty(), "label");
    if (!images.empty()) question.image_path = images / question.image_id.text;
    questions.push_back(std::move(question));
  });
}

}  // namespace

std::vector<Question> read_chartqa(const std::filesystem::path& annotations,
                                   const std::filesystem::path& images) {
  std::vector<Question> questions;
  if (std::filesystem::is_directory(annotations)) {
    read_list(annotations / "test_human.json", images, questions);
    read_list(annotations / "test_augmented.json", images, questions);
  } else {
    read_list(annotations, images, questions);
  }
  return questions;
}

double score_chartqa(const Question& question, std::string_view prediction) {
  return relaxed_accuracy(prediction, the_answer(question));
}

}  // namespace imp::eval
