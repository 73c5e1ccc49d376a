// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "eval/benchmarks/identifier.h"

namespace imp::eval {

/// A JSON or JSON-lines file in memory, with what is needed to parse parts of it and to say where something
/// is wrong. The values handed out by simdjson must not outlive it.
class JsonText {
 public:
  /// Reads the whole file. Throws imp::Error (usage) if it cannot be read.
  explicit JsonText(const std::filesystem::path& path);

  [[nodiscard]] std::string_view content() const { return {content_.data(), content_.size()}; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Starts parsing one value; `part` lies within content(). Throws imp::Error with file:line:column if it is
  /// not UTF-8.
  [[nodiscard]] simdjson::ondemand::document parse(std::string_view part);

  /// Throws imp::Error `file:line:column: message`; `at` points into content().
  [[noreturn]] void fail(const char* at, const std::string& message) const;

  /// Throws imp::Error naming the first place at which `part` is not JSON, or saying that it has another
  /// shape; call it after simdjson refused `part`.
  [[noreturn]] void fail_syntax(std::string_view part) const;

  /// The value of `key` as a string. Throws imp::Error with its place if it is something else.
  [[nodiscard]] std::string text(simdjson::ondemand::value value, std::string_view key) const;

  /// The value of `key` as an id: a string or a whole number. Throws imp::Error with its place if it is
  /// something else.
  [[nodiscard]] Identifier identifier(simdjson::ondemand::value value, std::string_view key) const;

  /// The value of `key` as a whole number. Throws imp::Error with its place if it is something else.
  [[nodiscard]] long long whole_number(simdjson::ondemand::value value, std::string_view key) const;

 private:
  std::filesystem::path path_;
  simdjson::padded_string content_;
  simdjson::ondemand::parser parser_;
};

}  // namespace imp::eval
