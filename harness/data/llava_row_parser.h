// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/data/llava_rows.h"

namespace imp::harness {

/// A row's text is no JSON; whoever knows where it stands says so.
struct InvalidRow {};

/// A row has not LLaVA's schema: which key, what was expected, what was found.
struct WrongSchema {
  std::string what;
};

/// Parses the JSON text of single rows (simdjson), and what Python's json.load takes beside it.
class LlavaRowParser {
 public:
  /// Bytes behind a text that must be readable.
  static constexpr std::size_t kPadding = 64;

  LlavaRowParser();
  ~LlavaRowParser();
  LlavaRowParser(const LlavaRowParser&) = delete;
  LlavaRowParser& operator=(const LlavaRowParser&) = delete;

  /// text: one row, with kPadding readable bytes behind it. Of a key that comes twice the last value counts,
  /// as in Python. Throws InvalidRow or WrongSchema.
  [[nodiscard]] LlavaRow parse(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace imp::harness
