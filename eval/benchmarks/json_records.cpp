// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/json_records.h"

namespace imp::eval {
namespace {

std::string no_key(std::string_view key) {
  return "no key '" + std::string(key) + "', or it is empty";
}

void read_object(simdjson::ondemand::object object, const MemberReader& member) {
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    member(key, field.value());
  }
}

void read_record(JsonStream& file, std::string_view text, const RecordReader& record) {
  file.parse(text, [&](simdjson::ondemand::document& document) {
    simdjson::ondemand::object object = document.get_object();
    record(text.data(), [&object](const MemberReader& member) { read_object(object, member); });
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      file.fail(text.data(), "more than one value on the line; one object a line is needed");
  });
}

void read_list(JsonStream& file, const RecordReader& record) {
  file.begin('[');
  if (file.accept(']')) return;
  do {
    read_record(file, file.take_value(), record);
  } while (file.accept(','));
  file.expect(']');
}

bool is_scalar(char first) {
  return first != '{' && first != '[';
}

}  // namespace

void for_each_member(JsonStream& file, const std::function<void(const std::string& key)>& member) {
  file.begin('{');
  if (!file.accept('}')) {
    do {
      const std::string key = file.taken_text(file.take_value(), "key");
      file.expect(':');
      member(key);
    } while (file.accept(','));
    file.expect('}');
  }
  file.expect_end();
}

void for_each_record(JsonStream& file, std::string_view list_key, const RecordReader& record,
                     const TopReader& top) {
  bool found = false;
  for_each_member(file, [&](const std::string& key) {
    if (key == list_key) {
      found = true;
      read_list(file, record);
    } else if (top && is_scalar(file.peek())) {
      top(key, file.take_value());
    } else {
      file.skip_value();
    }
  });
  require_top_key(file, found, list_key);
}

void for_each_record(JsonStream& file, const RecordReader& record) {
  read_list(file, record);
  file.expect_end();
}

void for_each_object_in_list(JsonStream& file, const RecordReader& record) {
  file.begin('[');
  if (file.accept(']')) return;
  do {
    if (file.peek() == '{') {
      read_record(file, file.take_value(), record);
    } else {
      file.skip_value();
    }
  } while (file.accept(','));
  file.expect(']');
}

void for_each_named_record(
    JsonStream& file,
    const std::function<void(const std::string& name, const char* at,
                             const std::function<void(const MemberReader&)>& read_members)>& record) {
  for_each_member(file, [&](const std::string& name) {
    read_record(file, file.take_value(),
                [&](const char* at, const auto& read_members) { record(name, at, read_members); });
  });
}

void for_each_line(JsonStream& file, const RecordReader& record) {
  while (const auto line = file.next_line()) read_record(file, *line, record);
}

std::vector<std::string> read_texts(const JsonStream& file, simdjson::ondemand::value value,
                                    std::string_view key) {
  if (value.raw_json_token().starts_with('"')) return {file.text(value, key)};
  std::vector<std::string> texts;
  for (auto item : value.get_array()) texts.push_back(file.text(item.value(), key));
  return texts;
}

std::vector<std::string> read_answer_objects(const JsonStream& file, simdjson::ondemand::value list) {
  std::vector<std::string> answers;
  for (auto item : list.get_array())
    for (auto field : item.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "answer") answers.push_back(file.text(field.value(), key));
    }
  return answers;
}

void require_key(const JsonStream& file, const char* at, bool present, std::string_view key) {
  if (!present) file.fail(at, no_key(key));
}

void require_top_key(const JsonStream& file, bool present, std::string_view key) {
  if (!present) file.fail_at_top(no_key(key));
}

}  // namespace imp::eval
