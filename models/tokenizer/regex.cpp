// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include "models/io/error.h"

namespace imp::models {
namespace {

std::string message_of(int code) {
  PCRE2_UCHAR buffer[256] = {};
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

/// PCRE2's \s takes U+180E in, which lost White_Space in Unicode 6.3; so the property's members are spelled
/// out.
std::string with_unicode_spaces(const std::string& pattern) {
  static constexpr std::string_view kSpaces =
      R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
  std::string result;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c != '\\' || i + 1 == pattern.size()) {
      if (c == '[') in_class = true;
      if (c == ']') in_class = false;
      result += c;
      continue;
    }
    const char escaped = pattern[++i];
    if (escaped == 's') {
      result += in_class ? std::string(kSpaces) : fmt::format("[{}]", kSpaces);
    } else if (escaped == 'S' && !in_class) {
      result += fmt::format("[^{}]", kSpaces);
    } else {
      result += {'\\', escaped};
    }
  }
  return result;
}

}  // namespace

void Regex::Free::operator()(void* code) const {
  pcre2_code_free(static_cast<pcre2_code*>(code));
}

Regex::Regex(const std::string& pattern) : pattern_(pattern) {
  const std::string source = with_unicode_spaces(pattern);
  int code = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(),
                                       PCRE2_UTF | PCRE2_UCP, &code, &offset, nullptr);
  if (compiled == nullptr) {
    throw Error(fmt::format("regular expression '{}': {} at {}", pattern, message_of(code), offset));
  }
  code_.reset(compiled);
  pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
}

std::vector<std::pair<std::size_t, std::size_t>> Regex::find_all(std::string_view text) const {
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free);
  const PCRE2_SIZE* place = pcre2_get_ovector_pointer(match.get());
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  std::vector<std::pair<std::size_t, std::size_t>> found;
  std::size_t from = 0;
  while (from < text.size()) {
    const auto run = [&](unsigned options) {
      return pcre2_match(code, subject, text.size(), from, options | PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY,
                         match.get(), nullptr);
    };
    int count = run(0);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT) count = run(PCRE2_NO_JIT);
    if (count == PCRE2_ERROR_NOMATCH) break;
    if (count < 0) throw Error(fmt::format("regular expression '{}': {}", pattern_, message_of(count)));
    found.emplace_back(place[0], place[1]);
    from = place[1];
  }
  return found;
}

const std::string& gpt2_pattern() {
  static const std::string kPattern =
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
  return kPattern;
}

}  // namespace imp::models
