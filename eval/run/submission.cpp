// SPDX-License-Identifier: Apache-2.0
#include "eval/run/submission.h"

#include <nlohmann/json.hpp>

#include "eval/run/xlsx.h"
#include "models/io/file.h"

namespace imp::eval {
namespace {

using Json = nlohmann::ordered_json;

Json id_json(const Identifier& id) {
  if (id.is_number) return std::stoll(id.text);
  return id.text;
}

std::string as_json(std::span<const Prediction> predictions, const Benchmark& benchmark, const char* key,
                    bool by_image) {
  Json list = Json::array();
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Question& question = benchmark.questions[i];
    list.push_back({{key, id_json(by_image ? question.image_id : question.question_id)},
                    {"answer", predictions[i].text}});
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The wording without the options, which have columns of their own.
std::string without_options(const Question& question) {
  const std::size_t options = question.question.find("\nA. ");
  return question.question.substr(0, options);
}

std::string as_table(std::span<const Prediction> predictions, const Benchmark& benchmark) {
  std::vector<std::vector<std::string>> rows{
      {"index", "question", "A", "B", "C", "D", "category", "prediction"}};
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Question& question = benchmark.questions[i];
    std::vector<std::string> row{question.question_id.text, without_options(question)};
    for (std::size_t option = 0; option < 4; ++option)
      row.push_back(option < question.choices.size() ? question.choices[option] : "");
    row.push_back(question.family);
    row.push_back(predictions[i].text);
    rows.push_back(std::move(row));
  }
  return make_xlsx(rows);
}

}  // namespace

std::optional<std::filesystem::path> write_submission(const std::filesystem::path& folder,
                                                      const Benchmark& benchmark,
                                                      std::span<const Prediction> predictions) {
  const std::string& name = benchmark.name;
  const bool table = name == "mmbench";
  const std::filesystem::path path = folder / (name + (table ? ".xlsx" : ".json"));
  if (table) {
    write_file_atomically(path, as_table(predictions, benchmark));
  } else if (name == "vqav2" || name == "textvqa" || name == "stvqa") {
    write_file_atomically(path, as_json(predictions, benchmark, "question_id", false));
  } else if (name == "docvqa" || name == "infovqa") {
    write_file_atomically(path, as_json(predictions, benchmark, "questionId", false));
  } else if (name == "vizwiz") {
    write_file_atomically(path, as_json(predictions, benchmark, "image", true));
  } else {
    return std::nullopt;
  }
  return path;
}

}  // namespace imp::eval
