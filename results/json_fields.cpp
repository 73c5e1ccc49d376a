// SPDX-License-Identifier: Apache-2.0
#include "results/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "results/store_error.h"

namespace imp::results {
namespace {

using nlohmann::json;

/// Beyond 2^63 a double has no int64; such a "whole" number is refused.
bool is_whole(double value) {
  return std::trunc(value) == value && std::abs(value) < 9.2e18;
}

constexpr int kDeepest = 100;  // the files of a run folder nest a handful deep

/// Whether brackets outside strings nest deeper than kDeepest.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (in_string && letter == '\\') {
      ++i;
    } else if (letter == '"') {
      in_string = !in_string;
    } else if (!in_string && (letter == '[' || letter == '{')) {
      if (++depth > kDeepest) return true;
    } else if (!in_string && (letter == ']' || letter == '}')) {
      --depth;
    }
  }
  return false;
}

/// A value as JSON for an error line, cut where it is long.
std::string shown(const json& value) {
  constexpr std::size_t kLongest = 60;
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() <= kLongest) return text;
  return text.substr(0, kLongest) + "...";
}

}  // namespace

json parse_json(std::string_view text, const std::string& where, bool one_line) {
  if (is_too_deep(text)) throw StoreError(where + ": is nested too deep; imp writes no such file");
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    const std::size_t byte = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    const std::string_view before = text.substr(0, byte);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t line_start = before.rfind('\n');
    const std::size_t column = byte - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1;
    const std::string place = one_line ? fmt::format("{}", column) : fmt::format("{}:{}", line, column);
    throw StoreError(
        fmt::format("{}:{}: not valid JSON; the file may be cut short or edited by hand", where, place));
  } catch (const json::exception&) {  // the one other error of the parser
    throw StoreError(where + ": holds a number that no computer's float can; it should be below 1.8e308");
  }
}

json parse_stored_json(std::string_view text, const std::string& where) {
  try {
    return parse_json(text, where);
  } catch (const StoreError&) {
    fail_as_stored(where, "is not valid JSON");
  }
}

void fail_as_stored(const std::string& where, const char* what) {
  throw StoreError(where + " " + what + "; remove the database and run `imp-sweep rebuild`",
                   StoreErrorKind::environment);
}

JsonFields::JsonFields(const json& value, std::string where) : value_(value), where_(std::move(where)) {
  if (!value_.is_object()) throw StoreError(fmt::format("{}: should be a JSON object {{...}}", where_));
}

const json* JsonFields::find(const char* key) const {
  const auto found = value_.find(key);
  return found == value_.end() || found->is_null() ? nullptr : &*found;
}

const json& JsonFields::require(const char* key) const {
  const json* found = find(key);
  if (found == nullptr) throw StoreError(fmt::format("{}: key '{}' is missing", where_, key));
  return *found;
}

void JsonFields::wrong_type(const char* key, const char* expected) const {
  throw StoreError(
      fmt::format("{}: key '{}' is {}; it should be {}", where_, key, shown(value_.at(key)), expected));
}

std::string JsonFields::text(const char* key) const {
  if (!require(key).is_string()) wrong_type(key, "a string");
  return value_.at(key).get<std::string>();
}

std::string JsonFields::text_or(const char* key, std::string fallback) const {
  return find(key) != nullptr ? text(key) : fallback;
}

std::optional<std::string> JsonFields::maybe_text(const char* key) const {
  return find(key) != nullptr ? std::optional(text(key)) : std::nullopt;
}

std::string JsonFields::id(const char* key) const {
  const json& found = require(key);
  if (found.is_string()) return found.get<std::string>();
  if (!found.is_number_integer()) wrong_type(key, "a string or a whole number");
  return found.dump();
}

std::int64_t JsonFields::integer(const char* key) const {
  const json& found = require(key);
  if (found.is_number_float() && is_whole(found.get<double>()))
    return static_cast<std::int64_t>(found.get<double>());
  const bool is_too_large =
      found.is_number_unsigned() && found.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max();
  if (!found.is_number_integer() || is_too_large) wrong_type(key, "a whole number below 2^63");
  return found.get<std::int64_t>();
}

std::optional<std::int64_t> JsonFields::maybe_integer(const char* key) const {
  return find(key) != nullptr ? std::optional(integer(key)) : std::nullopt;
}

double JsonFields::real(const char* key) const {
  const json& found = require(key);
  if (!found.is_number()) wrong_type(key, "a number");
  return found.get<double>();
}

std::optional<double> JsonFields::maybe_real(const char* key) const {
  return find(key) != nullptr ? std::optional(real(key)) : std::nullopt;
}

std::optional<bool> JsonFields::maybe_bool(const char* key) const {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) wrong_type(key, "true or false");
  return found->get<bool>();
}

const json& JsonFields::object(const char* key) const {
  if (!require(key).is_object()) wrong_type(key, "an object {...}");
  return value_.at(key);
}

const json& JsonFields::list(const char* key) const {
  static const json kEmpty = json::array();
  if (find(key) == nullptr) return kEmpty;
  if (!value_.at(key).is_array()) wrong_type(key, "a list [...]");
  return value_.at(key);
}

}  // namespace imp::results
