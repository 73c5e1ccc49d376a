// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/option_choice.h"

#include "eval/text/python_text.h"

namespace imp::eval {
namespace {

/// The word without the punctuation around it.
std::string_view bare(std::string_view word) {
  constexpr std::string_view kPunctuation = "()[]{}<>.,:;!?*'\"`";
  const std::size_t begin = word.find_first_not_of(kPunctuation);
  if (begin == std::string_view::npos) return {};
  return word.substr(begin, word.find_last_not_of(kPunctuation) - begin + 1);
}

/// Remembers one index; a second, different one makes it unknown for good.
struct Unique {
  std::optional<std::size_t> index;
  bool ambiguous = false;

  void add(std::size_t found) {
    ambiguous = ambiguous || (index && *index != found);
    index = found;
  }
};

}  // namespace

std::optional<std::size_t> parse_option_choice(std::string_view prediction,
                                               std::span<const std::string> choices) {
  Unique letter;
  const std::vector<std::string_view> words = python_split(prediction);
  for (const std::string_view word : words) {
    const std::string_view core = bare(word);
    // "A" opens many sentences: as a bare word it is a letter only if it is all there is or punctuation marks
    // it.
    if (core.size() != 1 || (core == "A" && word == core && words.size() > 1)) continue;
    const auto index = static_cast<std::size_t>(static_cast<unsigned char>(core[0]) - 'A');
    if (core[0] >= 'A' && index < choices.size()) letter.add(index);
  }
  if (letter.index && !letter.ambiguous) return letter.index;
  Unique text;
  const std::string lower = python_lower(prediction);
  for (std::size_t i = 0; i < choices.size(); ++i)
    if (!choices[i].empty() && lower.find(python_lower(choices[i])) != std::string::npos) text.add(i);
  return text.ambiguous ? std::nullopt : text.index;
}

}  // namespace imp::eval
