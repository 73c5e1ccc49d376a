// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/json_answers.h"

#include <algorithm>

#include "eval/predictions/answer_keys.h"
#include "eval/predictions/json_row.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

std::vector<AnswerRow> read_lines(const std::filesystem::path& path) {
  JsonStream file(path);
  std::vector<AnswerRow> rows;
  for_each_line(file, [&](const char* at, const auto& read_members) {
    rows.push_back(read_json_row(file, at, read_members));
  });
  return rows;
}

std::vector<AnswerRow> read_list(const std::filesystem::path& path) {
  JsonStream file(path);
  std::vector<AnswerRow> rows;
  for_each_record(file, [&](const char* at, const auto& read_members) {
    rows.push_back(read_json_row(file, at, read_members));
  });
  return rows;
}

AnswerRow named_answer(const JsonStream& file, const std::string& id, const char* at,
                       std::optional<std::string> answer) {
  if (!answer) file.fail(at, "the answer to '" + id + "' is not one text; " + answer_layouts());
  if (answer->size() > kLongestAnswer) file.fail(at, too_long(answer->size()));
  AnswerRow row;
  row.prediction.question_id = {id, false};
  row.prediction.text = std::move(*answer);
  return row;
}

/// Answers of an object: the rows of its lists, its `outputs`, or its members.
struct AnswersOfObject {
  std::vector<AnswerRow> listed, outputs, members;
  bool has_objects = false;
};

void read_outputs(JsonStream& file, std::vector<AnswerRow>& rows) {
  file.parse(file.take_value(), [&](simdjson::ondemand::document& outputs) {
    for (auto field : outputs.get_object()) {
      const std::string id(std::string_view(field.unescaped_key()));
      simdjson::ondemand::value value = field.value();
      const char* const at = value.raw_json_token().data();
      rows.push_back(named_answer(file, id, at, read_answer_value(file, id, value)));
    }
  });
}

void read_member(JsonStream& file, const std::string& key, AnswersOfObject& answers) {
  if (file.peek() == '[') {
    for_each_object_in_list(file, [&](const char* at, const auto& read_members) {
      answers.listed.push_back(read_json_row(file, at, read_members));
    });
  } else if (file.peek() == '{') {
    if (key == "outputs") return read_outputs(file, answers.outputs);
    answers.has_objects = true;
    file.skip_value();
  } else {
    const std::string_view value = file.take_value();
    std::optional<std::string> answer;
    if (value.starts_with('"')) {
      answer = file.taken_text(value, key);
    } else if (value != "null") {
      answer = std::string(value);
    }
    if (answer) answers.members.push_back(named_answer(file, key, value.data(), std::move(answer)));
  }
}

std::vector<AnswerRow> read_object(const std::filesystem::path& path) {
  JsonStream file(path);
  AnswersOfObject answers;
  for_each_member(file, [&](const std::string& key) { read_member(file, key, answers); });
  if (!answers.outputs.empty()) return std::move(answers.outputs);
  if (!answers.listed.empty()) return std::move(answers.listed);
  if (!answers.members.empty() && !answers.has_objects) return std::move(answers.members);
  file.fail_at_top("an object without answers; " + answer_layouts());
}

/// Whether the file is one object that is no row: rows stand one a line, each with an answer and what tells
/// its question.
bool is_one_object(const std::filesystem::path& path) {
  try {
    JsonStream file(path);
    file.skip_value();
    if (file.peek() != 0) return false;
    bool has_answer = false, has_question = false;
    JsonStream again(path);
    for_each_member(again, [&](const std::string& key) {
      again.skip_value();
      has_answer = has_answer || rank_of(key, kAnswerKeys) < std::size(kAnswerKeys);
      has_question = has_question || key == "doc_id" || rank_of(key, kIdKeys) < std::size(kIdKeys) ||
                     rank_of(key, kImageKeys) < std::size(kImageKeys) ||
                     rank_of(key, kWordsKeys) < std::size(kWordsKeys);
    });
    return !has_answer || !has_question;
  } catch (const Error&) {
    return false;  // the lines' reader says what is wrong and where
  }
}

}  // namespace

std::string answer_layouts() {
  return "read are JSON lines or a list of {\"question_id\", \"prediction\"} (LLaVA's \"text\", a server's "
         "\"answer\"), {id: answer}, lmms-eval's samples, tables with these columns, MME's folder";
}

std::vector<AnswerRow> read_json_answers(const std::filesystem::path& path) {
  if (JsonStream(path).peek() == '[') return read_list(path);
  return is_one_object(path) ? read_object(path) : read_lines(path);
}

}  // namespace imp::eval
