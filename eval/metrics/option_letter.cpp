// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/option_letter.h"

#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

bool is_one_of_five(char c) {
  return c >= 'A' && c <= 'E';
}

/// The one match of `The answer is ([A-Z]).`, or "FAILED" if there is none or a second one.
std::string only_stated_answer(std::string_view text) {
  constexpr std::string_view kLead = "The answer is ";
  std::string found;
  std::size_t at = text.find(kLead);
  while (at != std::string_view::npos) {
    const std::size_t letter = at + kLead.size();
    const bool matches =
        letter + 1 < text.size() && text[letter] >= 'A' && text[letter] <= 'Z' && text[letter + 1] != '\n';
    if (matches) {
      if (!found.empty()) return "FAILED";
      found = text[letter];
    }
    at = text.find(kLead, letter);
  }
  return found.empty() ? "FAILED" : found;
}

}  // namespace

std::string parse_option_llava(std::string_view prediction) {
  if (prediction.size() == 1 && is_one_of_five(prediction[0])) return std::string(prediction);
  if (prediction.size() >= 3 && is_one_of_five(prediction[0]) && prediction.substr(1, 2) == ". ")
    return std::string(prediction.substr(0, 1));
  return only_stated_answer(prediction);
}

double option_score_llava(std::string_view prediction, int choices, int answer) {
  const std::string letter = parse_option_llava(prediction);
  if (letter.size() != 1 || !is_one_of_five(letter[0])) return 0.0;
  const int index = letter[0] - 'A';
  return index < choices && index == answer ? 1.0 : 0.0;
}

double option_score_lmms_eval(std::string_view prediction, int choices, int answer) {
  if (answer < 0 || answer >= choices)
    throw Error("option_letter: answer " + std::to_string(answer) + " is not one of " +
                std::to_string(choices) + " choices");
  const std::string target =
      python_lower(python_strip(to_utf8(std::u32string(1, U'A' + static_cast<char32_t>(answer)))));
  const std::string_view text = python_strip(prediction);
  if (python_lower(text) == target) return 1.0;
  const char32_t first = code_point_at(text, 0);
  if (!is_python_upper(first)) return 0.0;
  const std::string letter = to_utf8(std::u32string(1, first));
  return text.substr(letter.size()).starts_with('.') && python_lower(letter) == target ? 1.0 : 0.0;
}

}  // namespace imp::eval
