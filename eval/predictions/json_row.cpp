// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/json_row.h"

#include <charconv>
#include <cmath>

#include "eval/predictions/answer_keys.h"

namespace imp::eval {
namespace {

/// An id as a text or a whole number; pandas writes whole numbers as 1.0. Nothing for other values.
std::optional<Identifier> id_of(const JsonStream& file, std::string_view key,
                                simdjson::ondemand::value value) {
  if (value.raw_json_token().starts_with('"')) return Identifier{file.text(value, key), false};
  double number = 0.0;
  if (value.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  if (std::abs(number) >= 9e15 || std::trunc(number) != number) return std::nullopt;
  return Identifier{std::to_string(static_cast<long long>(number)), true};
}

/// The first string of a value that is one, or a list that begins with one.
std::string first_text(const JsonStream& file, std::string_view key, simdjson::ondemand::value value) {
  if (value.raw_json_token().starts_with('"')) return file.text(value, key);
  std::string first;
  if (value.raw_json_token().starts_with('['))
    for (auto item : value.get_array())
      if (first.empty() && item.value().raw_json_token().starts_with('"'))
        first = file.text(item.value(), key);
  return first;
}

class RowReader {
 public:
  explicit RowReader(const JsonStream& file) : file_(file) {}

  void member(std::string_view key, simdjson::ondemand::value value) {
    if (read_answer(key, value) || read_own(key, value) || read_asked(key, value)) return;
    // lmms-eval keeps the question's id inside the document or the values of its metrics.
    if (value.raw_json_token().starts_with('{') && key != "metadata") read_nested(value);
  }

  AnswerRow finish(const char* at) {
    if (answer_rank_ == std::size(kAnswerKeys) || !answer_)
      file_.fail(at, answer_rank_ == std::size(kAnswerKeys) ? "no answer in the row; " + answer_layouts()
                                                            : "'" + std::string(kAnswerKeys[answer_rank_]) +
                                                                  "' is not one text; " + answer_layouts());
    const bool by_prompt = has_prompt_ || kAnswerKeys[answer_rank_] != "text";
    if (!by_prompt && (has_label_ || !row_.prediction.image_id.text.empty()))
      file_.fail(at, "a question, whose 'text' is what is asked, not an answer; " + answer_layouts());
    if (answer_->size() > kLongestAnswer) file_.fail(answer_at_, too_long(answer_->size()));
    row_.prediction.text = std::move(*answer_);
    Prediction& prediction = row_.prediction;
    if (id_rank_ == std::size(kIdKeys)) prediction.question_id = nested_id_;
    if (prediction.image_id.text.empty()) prediction.image_id = nested_image_;
    if (row_.part.empty()) row_.part = nested_part_;
    if (id_rank_ < std::size(kIdKeys)) row_.doc_id.reset();
    if (prediction.question_id.text.empty() && prediction.image_id.text.empty() && row_.words.empty() &&
        !row_.doc_id)
      file_.fail(at, "no id of a question in the row; " + answer_layouts());
    return std::move(row_);
  }

 private:
  bool read_answer(std::string_view key, simdjson::ondemand::value value) {
    const std::size_t rank = rank_of(key, kAnswerKeys);
    if (rank == std::size(kAnswerKeys)) return false;
    if (rank > answer_rank_ && answer_) return true;
    answer_at_ = value.raw_json_token().data();
    std::optional<std::string> answer = read_answer_value(file_, key, value);
    if (answer || rank < answer_rank_) {
      answer_ = std::move(answer);
      answer_rank_ = rank;
    }
    return true;
  }

  /// What our own files have beside the answer.
  bool read_own(std::string_view key, simdjson::ondemand::value value) {
    if (key == "label") has_label_ = true;
    if (key == "answer_tokens" || key == "question_tokens") {
      std::int64_t count = 0;
      if (value.get_int64().get(count) != simdjson::SUCCESS) return true;
      (key == "answer_tokens" ? row_.prediction.answer_tokens : row_.prediction.question_tokens) = count;
      return true;
    }
    if (key != "score" || value.raw_json_token().starts_with("null")) return key == "score";
    double score = 0.0;
    const bool is_number = value.get_double().get(score) == simdjson::SUCCESS && std::isfinite(score);
    if (!is_number && std::string_view("{[").find(value.raw_json_token().front()) == std::string_view::npos)
      file_.fail(value.raw_json_token().data(),
                 "'score' is not a finite number; a number in [0, 1] or null is needed");
    return true;
  }

  bool read_asked(std::string_view key, simdjson::ondemand::value value) {
    if (const std::size_t rank = rank_of(key, kIdKeys); rank < std::size(kIdKeys)) {
      if (rank >= id_rank_) return true;
      if (auto id = id_of(file_, key, value)) {
        row_.prediction.question_id = std::move(*id);
        id_rank_ = rank;
      }
      return true;
    }
    if (key == "doc_id") {
      if (const auto id = id_of(file_, key, value); id && id->is_number) row_.doc_id = std::stoll(id->text);
      return true;
    }
    if (rank_of(key, kImageKeys) < std::size(kImageKeys)) {
      if (auto id = id_of(file_, key, value)) row_.prediction.image_id = std::move(*id);
      return true;
    }
    if (rank_of(key, kPartKeys) < std::size(kPartKeys)) {
      row_.part = first_text(file_, key, value);
      return true;
    }
    const std::size_t rank = rank_of(key, kWordsKeys);
    if (rank == std::size(kWordsKeys)) return false;
    if (key == "prompt") has_prompt_ = true;
    if (rank < words_rank_) {
      row_.words = first_text(file_, key, value);
      words_rank_ = rank;
    }
    return true;
  }

  void read_nested(simdjson::ondemand::value object) {
    for (auto field : object.get_object()) {
      const std::string_view key = field.unescaped_key();
      simdjson::ondemand::value value = field.value();
      if (rank_of(key, kIdKeys) < std::size(kIdKeys)) {
        if (auto id = id_of(file_, key, value); id && nested_id_.text.empty()) nested_id_ = std::move(*id);
      } else if (rank_of(key, kPartKeys) < std::size(kPartKeys)) {
        if (nested_part_.empty()) nested_part_ = first_text(file_, key, value);
      } else if (rank_of(key, kImageKeys) < std::size(kImageKeys)) {
        if (auto id = id_of(file_, key, value); id && nested_image_.text.empty())
          nested_image_ = std::move(*id);
      }
    }
  }

  const JsonStream& file_;
  AnswerRow row_;
  std::optional<std::string> answer_;
  const char* answer_at_ = nullptr;
  std::size_t answer_rank_ = std::size(kAnswerKeys), id_rank_ = std::size(kIdKeys),
              words_rank_ = std::size(kWordsKeys);
  Identifier nested_id_, nested_image_;
  std::string nested_part_;
  bool has_prompt_ = false, has_label_ = false;
};

}  // namespace

std::optional<std::string> read_answer_value(const JsonStream& file, std::string_view key,
                                             simdjson::ondemand::value value) {
  const std::string_view token = value.raw_json_token();
  if (token.starts_with('"')) return file.text(value, key);
  if (token.starts_with('[')) {
    std::optional<std::string> only;
    std::size_t count = 0;
    for (auto item : value.get_array()) {
      if (++count == 1) only = read_answer_value(file, key, item.value());
    }
    return count == 1 ? only : std::nullopt;
  }
  double number = 0.0;
  if (value.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  return std::string(token.substr(0, token.find_first_of(" \t\r\n,]}")));
}

AnswerRow read_json_row(const JsonStream& file, const char* at,
                        const std::function<void(const MemberReader&)>& read_members) {
  RowReader row(file);
  read_members([&](std::string_view key, simdjson::ondemand::value value) { row.member(key, value); });
  return row.finish(at);
}

}  // namespace imp::eval
