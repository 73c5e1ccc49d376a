// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/registry.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eval/metrics/anls.h"
#include "eval/metrics/clustered_standard_error.h"
#include "eval/metrics/exact_match_gqa.h"
#include "eval/metrics/mme.h"
#include "eval/metrics/ocrbench.h"
#include "eval/metrics/option_letter.h"
#include "eval/metrics/pope_metrics.h"
#include "eval/metrics/relaxed_accuracy.h"
#include "eval/metrics/stvqa.h"
#include "eval/metrics/vqa_accuracy.h"
#include "eval/metrics/vqa_normalize.h"
#include "eval/metrics/yes_no.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

using Json = nlohmann::ordered_json;

const Json& member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Error(std::string("no key '") + key + "'");
  return *found;
}

std::string text_of(const Json& value, const char* key) {
  if (!value.is_string()) throw Error(std::string("'") + key + "' is not a string");
  return value.get<std::string>();
}

std::string text(const Json& object, const char* key) {
  return text_of(member(object, key), key);
}

int whole_number(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_number_integer()) throw Error(std::string("'") + key + "' is not a whole number");
  const auto number = value.get<long long>();
  if (number < 0 || number > 1'000'000) throw Error(std::string("'") + key + "' is out of range");
  return static_cast<int>(number);
}

const Json& array(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_array()) throw Error(std::string("'") + key + "' is not a list");
  return value;
}

std::vector<std::string> texts(const Json& object, const char* key) {
  std::vector<std::string> out;
  for (const Json& item : array(object, key)) out.push_back(text_of(item, key));
  return out;
}

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

void add_vqa_normalize(Json& line) {
  const std::string normalized = normalize_vqa_answer(text(line, "text"));
  line["normalized"] = normalized;
  line["normalized_lmms_eval"] = normalized;
}

void add_vqa_accuracy(Json& line) {
  const std::string prediction = text(line, "prediction");
  const std::vector<std::string> answers = texts(line, "answers");
  line["score"] = vqa_accuracy_llava(prediction, answers);
  line["score_lmms_eval_textvqa"] = vqa_accuracy_lmms_eval_textvqa(prediction, answers);
  line["score_lmms_eval_vqav2"] = vqa_accuracy_lmms_eval_vqav2(prediction, answers);
}

void add_anls(Json& line) {
  line["score"] = anls(text(line, "prediction"), texts(line, "answers"));
}

void add_relaxed_accuracy(Json& line) {
  line["score"] = relaxed_accuracy(text(line, "prediction"), text(line, "answer"));
}

void add_yes_no(Json& line) {
  const std::string prediction = text(line, "prediction");
  line["parsed"] = parse_yes_no_llava(prediction);
  line["parsed_mme"] = parse_yes_no_mme(prediction);
  line["parsed_lmms_eval_pope"] = parse_yes_no_lmms_eval_pope(prediction);
}

void add_pope_metrics(Json& line) {
  std::vector<YesNoRow> rows;
  for (const Json& row : array(line, "rows")) rows.push_back({text(row, "prediction"), text(row, "label")});
  const PopeLlava llava = pope_llava(rows);
  const PopeLmmsEval lmms_eval = pope_lmms_eval(rows);
  line["llava"] = {{"tp", llava.true_positives}, {"fp", llava.false_positives},
                   {"tn", llava.true_negatives}, {"fn", llava.false_negatives},
                   {"accuracy", llava.accuracy}, {"yes_ratio", llava.yes_ratio}};
  line["lmms_eval"] = {{"accuracy", lmms_eval.accuracy},
                       {"precision", lmms_eval.precision},
                       {"recall", lmms_eval.recall},
                       {"f1", lmms_eval.f1},
                       {"yes_ratio", lmms_eval.yes_ratio}};
}

void add_mme(Json& line) {
  std::vector<MmeRow> rows;
  for (const Json& row : array(line, "rows"))
    rows.push_back({text(row, "image"), text(row, "category"), text(row, "prediction"), text(row, "label")});
  const MmeScores scores = mme_scores(rows);
  line["perception"] = or_null(scores.perception);
  line["cognition"] = or_null(scores.cognition);
}

void add_ocrbench(Json& line) {
  const bool single = member(line, "answers").is_string();
  const std::vector<std::string> answers =
      single ? std::vector<std::string>{text(line, "answers")} : texts(line, "answers");
  line["score"] = ocrbench_score(text(line, "prediction"), answers, text(line, "dataset"));
}

void add_option_letter(Json& line) {
  const std::string prediction = text(line, "prediction");
  const int choices = whole_number(line, "num_choices");
  const int answer = whole_number(line, "answer");
  line["score_lmms_eval"] = option_score_lmms_eval(prediction, choices, answer);
  line["parsed_llava"] = parse_option_llava(prediction);
  line["score_llava"] = option_score_llava(prediction, choices, answer);
}

void add_exact_match_gqa(Json& line) {
  line["score"] = exact_match_gqa(text(line, "prediction"), text(line, "answer"));
}

void add_stvqa(Json& line) {
  const std::string prediction = text(line, "prediction");
  const std::vector<std::string> answers = texts(line, "answers");
  line["anls_m4c"] = stvqa_anls_m4c(prediction, answers);
  line["accuracy_m4c"] = stvqa_accuracy_m4c(prediction, answers);
}

void add_clustered_standard_error(Json& line) {
  std::vector<double> scores;
  for (const Json& score : array(line, "scores")) {
    if (!score.is_number()) throw Error("'scores' holds something that is not a number");
    scores.push_back(score.get<double>());
  }
  const std::vector<std::string> clusters = texts(line, "clusters");
  const std::vector<std::string_view> views(clusters.begin(), clusters.end());
  line["standard_error"] = clustered_standard_error(scores, number_clusters(views));
}

constexpr LineMetric kMetrics[] = {
    {"anls", "prediction, answers", "score", add_anls},
    {"clustered_standard_error", "scores, clusters", "standard_error", add_clustered_standard_error},
    {"exact_match_gqa", "prediction, answer", "score", add_exact_match_gqa},
    {"mme", "rows of image, category, prediction, label", "perception, cognition", add_mme},
    {"ocrbench", "prediction, answers, dataset", "score", add_ocrbench},
    {"option_letter", "prediction, num_choices, answer", "score_lmms_eval, parsed_llava, score_llava",
     add_option_letter},
    {"pope_metrics", "rows of prediction, label", "llava, lmms_eval", add_pope_metrics},
    {"relaxed_accuracy", "prediction, answer", "score", add_relaxed_accuracy},
    {"stvqa", "prediction, answers", "anls_m4c, accuracy_m4c", add_stvqa},
    {"vqa_accuracy", "prediction, answers", "score, score_lmms_eval_textvqa, score_lmms_eval_vqav2",
     add_vqa_accuracy},
    {"vqa_normalize", "text", "normalized, normalized_lmms_eval", add_vqa_normalize},
    {"yes_no", "prediction", "parsed, parsed_mme, parsed_lmms_eval_pope", add_yes_no},
};

}  // namespace

std::span<const LineMetric> line_metrics() {
  return kMetrics;
}

const LineMetric& find_line_metric(std::string_view name) {
  std::string names;
  for (const LineMetric& metric : kMetrics) {
    if (metric.name == name) return metric;
    if (!names.empty()) names += ", ";
    names += metric.name;
  }
  throw Error("metric '" + std::string(name) + "' is unknown; one of: " + names);
}

}  // namespace imp::eval
