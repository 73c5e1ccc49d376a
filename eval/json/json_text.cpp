// SPDX-License-Identifier: Apache-2.0
#include "eval/json/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eval/text/python_text.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::eval {
namespace {

/// Only remembers where parsing stopped.
class FirstError : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    offset = position;
    return false;
  }

  std::size_t offset = 1;  ///< counted from 1
};

std::string quoted(std::string_view key) {
  return "'" + std::string(key) + "'";
}

}  // namespace

JsonText::JsonText(const std::filesystem::path& path) : path_(path) {
  if (simdjson::padded_string::load(path.string()).get(content_) == simdjson::SUCCESS) return;
  // read_file says why; a file that it can read after all is used.
  content_ = simdjson::padded_string(read_file(path));
}

simdjson::ondemand::document JsonText::parse(std::string_view part) {
  const auto room =
      static_cast<std::size_t>(content_.data() + content_.size() + simdjson::SIMDJSON_PADDING - part.data());
  simdjson::ondemand::document document;
  const simdjson::error_code error =
      parser_.iterate(simdjson::padded_string_view(part.data(), part.size(), room)).get(document);
  if (error == simdjson::SUCCESS) return document;
  fail_syntax(part);
}

void JsonText::fail(const char* at, const std::string& message) const {
  const char* const begin = content_.data();
  const char* const end = std::clamp(at, begin, begin + content_.size());
  const auto line = std::count(begin, end, '\n') + 1;
  const char* line_start = end;
  while (line_start != begin && line_start[-1] != '\n') --line_start;
  throw Error(path_.string() + ":" + std::to_string(line) + ":" + std::to_string(end - line_start + 1) +
              ": " + message);
}

void JsonText::fail_syntax(std::string_view part) const {
  if (const auto invalid = first_invalid_utf8(part))
    fail(part.data() + *invalid, "a byte that is not UTF-8; write the file as UTF-8");
  FirstError error;
  if (nlohmann::json::sax_parse(part.begin(), part.end(), &error))
    fail(part.data(), "JSON of another shape; an object, or a list where the format has one, is needed");
  const std::size_t offset = std::min(error.offset > 0 ? error.offset - 1 : 0, part.size());
  fail(part.data() + offset, "not JSON; a value, comma or closing bracket is missing or wrong here");
}

std::string JsonText::text(simdjson::ondemand::value value, std::string_view key) const {
  const char* const at = value.raw_json_token().data();
  std::string_view out;
  if (value.get_string().get(out) != simdjson::SUCCESS) fail(at, quoted(key) + " is not a valid string");
  return std::string(out);
}

Identifier JsonText::identifier(simdjson::ondemand::value value, std::string_view key) const {
  const std::string_view token = value.raw_json_token();
  if (token.starts_with('"')) return {text(value, key), false};
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS)
    fail(token.data(), quoted(key) + " is neither a string nor a whole number");
  return {std::to_string(number), true};
}

long long JsonText::whole_number(simdjson::ondemand::value value, std::string_view key) const {
  const char* const at = value.raw_json_token().data();
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) fail(at, quoted(key) + " is not a whole number");
  return number;
}

}  // namespace imp::eval
