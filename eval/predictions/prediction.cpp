// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/prediction.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "eval/benchmarks/json_records.h"
#include "models/io/file.h"

namespace imp::eval {
namespace {

std::optional<double> read_score(const JsonStream& file, simdjson::ondemand::value value) {
  const std::string_view token = value.raw_json_token();
  if (token.starts_with("null")) return std::nullopt;
  double score = 0.0;
  if (value.get_double().get(score) != simdjson::SUCCESS || !std::isfinite(score))
    file.fail(token.data(), "'score' is not a finite number; a number in [0, 1] or null is needed");
  return score;
}

std::string read_answer(const JsonStream& file, simdjson::ondemand::value value) {
  const char* const at = value.raw_json_token().data();
  std::string answer = file.text(value, "prediction");
  if (answer.size() > kLongestAnswer) file.fail(at, too_long(answer.size()));
  return answer;
}

/// Fills in the member of that name, if it is one; says whether it was the answer.
bool read_member(const JsonStream& file, std::string_view key, simdjson::ondemand::value value,
                 Prediction& out) {
  if (key == "question_id") out.question_id = file.identifier(value, key);
  if (key == "image_id") out.image_id = file.identifier(value, key);
  if (key == "prediction") out.text = read_answer(file, value);
  if (key == "score") out.score = read_score(file, value);
  if (key == "family") out.family = file.text(value, key);
  if (key == "question_tokens") out.question_tokens = file.whole_number(value, key);
  if (key == "answer_tokens") out.answer_tokens = file.whole_number(value, key);
  return key == "prediction";
}

nlohmann::ordered_json to_json(const Identifier& id) {
  if (id.is_number) return std::stoll(id.text);
  return id.text;
}

}  // namespace

std::string too_long(std::size_t bytes) {
  return "an answer of " + std::to_string(bytes) + " bytes; at most " + std::to_string(kLongestAnswer) +
         " are accepted";
}

std::vector<Prediction> read_predictions(const std::filesystem::path& path) {
  JsonStream file(path);
  std::vector<Prediction> predictions;
  for_each_line(file, [&](const char* at, const auto& read_members) {
    Prediction prediction;
    bool has_answer = false;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      has_answer |= read_member(file, key, value, prediction);
    });
    require_key(file, at, !prediction.question_id.text.empty(), "question_id");
    if (!has_answer) file.fail(at, "no key 'prediction'");
    predictions.push_back(std::move(prediction));
  });
  return predictions;
}

std::string prediction_line(const Prediction& prediction) {
  nlohmann::ordered_json line;
  line["question_id"] = to_json(prediction.question_id);
  if (!prediction.image_id.text.empty()) line["image_id"] = to_json(prediction.image_id);
  line["prediction"] = prediction.text;
  if (prediction.score) line["score"] = *prediction.score;
  if (!prediction.family.empty()) line["family"] = prediction.family;
  if (prediction.question_tokens) line["question_tokens"] = *prediction.question_tokens;
  if (prediction.answer_tokens) line["answer_tokens"] = *prediction.answer_tokens;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void write_predictions(const std::filesystem::path& path, std::span<const Prediction> predictions) {
  std::string content;
  for (const Prediction& prediction : predictions) content += prediction_line(prediction) + "\n";
  write_file_atomically(path, content);
}

}  // namespace imp::eval
