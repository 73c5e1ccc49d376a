// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/json_records.h"

namespace imp::eval {
namespace {

void read_object(simdjson::ondemand::object object, const MemberReader& member) {
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    member(key, field.value());
  }
}

void read_list(simdjson::ondemand::array list, const RecordReader& record) {
  for (auto item : list) {
    simdjson::ondemand::value value = item.value();
    const char* const at = value.raw_json_token().data();
    simdjson::ondemand::object object = value.get_object();
    record(at, [&object](const MemberReader& member) { read_object(object, member); });
  }
}

}  // namespace

void for_each_record(JsonText& file, std::string_view list_key, const RecordReader& record) {
  bool found = false;
  try {
    simdjson::ondemand::document document = file.parse(file.content());
    for (auto field : document.get_object()) {
      if (field.unescaped_key() != list_key) continue;
      found = true;
      read_list(field.value().get_array(), record);
    }
  } catch (const simdjson::simdjson_error&) {
    file.fail_syntax(file.content());
  }
  require_key(file, file.content().data(), found, list_key);
}

void for_each_record(JsonText& file, const RecordReader& record) {
  try {
    simdjson::ondemand::document document = file.parse(file.content());
    read_list(document.get_array(), record);
  } catch (const simdjson::simdjson_error&) {
    file.fail_syntax(file.content());
  }
}

void for_each_named_record(
    JsonText& file,
    const std::function<void(std::string_view name, const char* at,
                             const std::function<void(const MemberReader&)>& read_members)>& record) {
  try {
    simdjson::ondemand::document document = file.parse(file.content());
    for (auto field : document.get_object()) {
      const std::string name(std::string_view(field.unescaped_key()));
      simdjson::ondemand::value value = field.value();
      const char* const at = value.raw_json_token().data();
      simdjson::ondemand::object object = value.get_object();
      record(name, at, [&object](const MemberReader& member) { read_object(object, member); });
    }
  } catch (const simdjson::simdjson_error&) {
    file.fail_syntax(file.content());
  }
}

void for_each_line(JsonText& file, const RecordReader& record) {
  std::string_view rest = file.content();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      simdjson::ondemand::document document = file.parse(line);
      simdjson::ondemand::object object = document.get_object();
      record(line.data(), [&object](const MemberReader& member) { read_object(object, member); });
      if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        file.fail(line.data(), "more than one value on the line; one object a line is needed");
    } catch (const simdjson::simdjson_error&) {
      file.fail_syntax(line);
    }
  }
}

std::vector<std::string> read_texts(const JsonText& file, simdjson::ondemand::value value,
                                    std::string_view key) {
  if (value.raw_json_token().starts_with('"')) return {file.text(value, key)};
  std::vector<std::string> texts;
  for (auto item : value.get_array()) texts.push_back(file.text(item.value(), key));
  return texts;
}

void require_key(const JsonText& file, const char* at, bool present, std::string_view key) {
  if (!present) file.fail(at, "no key '" + std::string(key) + "', or it is empty");
}

}  // namespace imp::eval
