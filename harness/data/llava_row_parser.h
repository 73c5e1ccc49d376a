// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "harness/data/llava_rows.h"

namespace imp::harness {

/// Parses the JSON text of single rows (simdjson).
class LlavaRowParser {
 public:
  /// Bytes behind a text that must be readable.
  static constexpr std::size_t kPadding = 64;

  explicit LlavaRowParser(std::filesystem::path file);
  ~LlavaRowParser();
  LlavaRowParser(const LlavaRowParser&) = delete;
  LlavaRowParser& operator=(const LlavaRowParser&) = delete;

  /// text: one row, with kPadding readable bytes behind it; number: of the row, from 1. Throws imp::Error
  /// (usage) for another schema; for what is no JSON an InvalidRow.
  [[nodiscard]] LlavaRow parse(std::string_view text, std::int64_t number);

 private:
  struct Parser;
  std::filesystem::path file_;
  std::unique_ptr<Parser> parser_;
};

/// A row's text is no JSON; whoever knows where it stands says so.
struct InvalidRow {};

}  // namespace imp::harness
