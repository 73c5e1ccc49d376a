// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace imp::results {

/// Text to JSON. `where` is `file` or, for a line of a JSON-lines file, `file:line`.
/// Throws StoreError (usage) `where:line:column: ...` for a file, `where:column: ...` for a line; also for
/// what is nested deeper than any file of ours, since printing such a value would need as deep a stack.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::string& where,
                                        bool one_line = false);

/// The same for a JSON text of a database, where `where` names row and column: what is wrong there is mended
/// by making the database again. Throws StoreError (environment).
[[nodiscard]] nlohmann::json parse_stored_json(std::string_view text, const std::string& where);
/// Throws that error: "<where> <what>; remove the database and run `imp-sweep rebuild`".
[[noreturn]] void fail_as_stored(const std::string& where, const char* what);

/// Reads typed members of a JSON object; every error is a StoreError (usage) that names `where` and the key.
/// An optional member may be absent or null.
class JsonFields {
 public:
  /// `value` must outlive this object. Throws if it is not an object.
  JsonFields(const nlohmann::json& value, std::string where);

  [[nodiscard]] std::string text(const char* key) const;
  [[nodiscard]] std::string text_or(const char* key, std::string fallback) const;
  [[nodiscard]] std::optional<std::string> maybe_text(const char* key) const;
  /// A string or a whole number, as text: the ids of questions and images.
  [[nodiscard]] std::string id(const char* key) const;
  [[nodiscard]] std::int64_t integer(const char* key) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(const char* key) const;
  [[nodiscard]] double real(const char* key) const;
  [[nodiscard]] std::optional<double> maybe_real(const char* key) const;
  [[nodiscard]] std::optional<bool> maybe_bool(const char* key) const;
  [[nodiscard]] const nlohmann::json& object(const char* key) const;
  /// An absent list is an empty one.
  [[nodiscard]] const nlohmann::json& list(const char* key) const;

 private:
  [[nodiscard]] const nlohmann::json* find(const char* key) const;
  [[nodiscard]] const nlohmann::json& require(const char* key) const;
  [[noreturn]] void wrong_type(const char* key, const char* expected) const;

  const nlohmann::json& value_;
  std::string where_;
};

}  // namespace imp::results
