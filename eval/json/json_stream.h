// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "eval/benchmarks/identifier.h"
#include "eval/text/text_stream.h"

namespace imp::eval {

/// A JSON or JSON-lines file gone through value by value: memory follows the largest value that is taken, not
/// the file. Texts and simdjson's values last until the next call that moves on (peek, accept, expect,
/// begin, take_value, skip_value, next_line).
class JsonStream {
 public:
  /// Throws imp::Error (usage) if the file cannot be read.
  explicit JsonStream(const std::filesystem::path& path) : stream_(path) {}

  /// The next character that is not white space, 0 at the end of the file.
  [[nodiscard]] char peek();
  /// Passes over `wanted` if it comes next.
  [[nodiscard]] bool accept(char wanted);
  /// The same; throws imp::Error with file:line:column if something else comes.
  void expect(char wanted);
  /// The same for the bracket that opens an object or a list: another value there is JSON of another shape.
  void begin(char bracket);
  /// Takes the next value's text. Throws imp::Error if it is not closed or absent; what stands inside is
  /// looked at by parse.
  [[nodiscard]] std::string_view take_value();
  /// Passes over the next value without keeping it.
  void skip_value();
  /// Throws imp::Error unless only white space is left.
  void expect_end();
  /// Takes the next line that is not blank; nothing at the end of the file.
  [[nodiscard]] std::optional<std::string_view> next_line();

  /// Parses the text of one value and hands it to `reader`. Throws imp::Error with file:line:column for what
  /// is not UTF-8 or JSON, or of another shape than `reader` asks for.
  void parse(std::string_view text, const std::function<void(simdjson::ondemand::document&)>& reader);

  /// Throws imp::Error `file:line:column: message`; `at` points into the text last taken.
  [[noreturn]] void fail(const char* at, const std::string& message) const { stream_.fail(at, message); }
  /// The same about the file as a whole, at its first character.
  [[noreturn]] void fail_at_top(const std::string& message) const;

  /// The value of `key` as a string. Throws imp::Error with its place if it is something else.
  [[nodiscard]] std::string text(simdjson::ondemand::value value, std::string_view key) const;
  /// The same for a text that take_value gave.
  [[nodiscard]] std::string taken_text(std::string_view value, std::string_view key);

  /// The value of `key` as an id: a string or a whole number. Throws imp::Error with its place if it is
  /// something else.
  [[nodiscard]] Identifier identifier(simdjson::ondemand::value value, std::string_view key) const;

  /// The value of `key` as a whole number. Throws imp::Error with its place if it is something else.
  [[nodiscard]] long long whole_number(simdjson::ondemand::value value, std::string_view key) const;

 private:
  enum class Keep { yes, no };

  std::string_view pass_value(Keep keep);
  std::string_view pass_scalar();
  [[noreturn]] void fail_syntax(std::string_view part) const;

  TextStream stream_;
  simdjson::ondemand::parser parser_;
};

}  // namespace imp::eval
