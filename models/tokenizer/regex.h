// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imp::models {

/// A compiled regular expression over UTF-8 with Unicode classes (PCRE2, just-in-time compiled). Safe to
/// share by threads.
class Regex {
 public:
  /// Compiles a pattern as tokenizer.json spells it (Oniguruma's syntax as far as both share it; \s means
  /// White_Space). Throws imp::Error (usage) with the position if the pattern is not understood.
  explicit Regex(const std::string& pattern);

  /// All matches from left to right as [begin, end) bytes, empty ones left out. `text` must be valid UTF-8.
  /// Throws imp::Error (usage) if the pattern exhausts the matcher's limits on this text.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> find_all(std::string_view text) const;

 private:
  struct Free {
    void operator()(void* code) const;
  };
  std::string pattern_;
  std::unique_ptr<void, Free> code_;
};

/// The pattern of GPT-2's tokenizer (https://github.com/openai/gpt-2, src/encoder.py), which `ByteLevel`
/// implies.
[[nodiscard]] const std::string& gpt2_pattern();

}  // namespace imp::models
