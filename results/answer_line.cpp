// SPDX-License-Identifier: Apache-2.0
#include "results/answer_line.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>

namespace imp::results {
namespace {

namespace dom = simdjson::dom;

bool read_text(const dom::element& value, std::string& text) {
  std::string_view view;
  if (value.get_string().get(view) != simdjson::SUCCESS) return false;
  text = view;
  return true;
}

/// A string or a whole number, as text.
bool read_id(const dom::element& value, std::string& id) {
  std::int64_t number = 0;
  if (value.is_string()) return read_text(value, id);
  if (!value.is_int64() || value.get_int64().get(number) != simdjson::SUCCESS) return false;
  id = std::to_string(number);
  return true;
}

bool read_count(const dom::element& value, std::optional<std::int64_t>& count) {
  std::int64_t number = 0;
  if (!value.is_int64() || value.get_int64().get(number) != simdjson::SUCCESS) return false;
  count = number;
  return true;
}

/// Fills in a member; `needed` counts those that an answer must have.
bool read_member(std::string_view key, const dom::element& value, Answer& answer, unsigned& needed) {
  if (key == "question_id") {
    needed |= 1U;
    return read_id(value, answer.question_id);
  }
  if (key == "image_id") {
    needed |= 2U;
    return read_id(value, answer.image_id);
  }
  if (key == "prediction") {
    needed |= 4U;
    return read_text(value, answer.prediction);
  }
  if (key == "score") {
    needed |= 8U;
    return value.is_number() && value.get_double().get(answer.score) == simdjson::SUCCESS;
  }
  if (key == "family") return read_text(value, answer.family);
  if (key == "question_tokens") return read_count(value, answer.question_tokens);
  if (key == "answer_tokens") return read_count(value, answer.answer_tokens);
  return true;
}

}  // namespace

struct AnswerLineReader::Parser {
  dom::parser parser;
};

AnswerLineReader::AnswerLineReader(std::string& content) : parser_(std::make_unique<Parser>()) {
  content.reserve(content.size() + simdjson::SIMDJSON_PADDING);
}

AnswerLineReader::~AnswerLineReader() = default;

bool AnswerLineReader::read(std::string_view line, Answer& answer) {
  constexpr unsigned kAll = 15U;
  dom::object object;
  if (parser_->parser.parse(line.data(), line.size(), false).get_object().get(object) != simdjson::SUCCESS)
    return false;
  unsigned needed = 0;
  for (const auto [key, value] : object) {
    if (!read_member(key, value, answer, needed)) return false;
  }
  return needed == kAll;
}

}  // namespace imp::results
