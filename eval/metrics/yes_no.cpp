// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/yes_no.h"

#include <algorithm>

#include "eval/text/python_text.h"

namespace imp::eval {

std::string parse_yes_no_llava(std::string_view prediction) {
  std::string sentence(prediction.substr(0, prediction.find('.')));
  std::erase(sentence, ',');
  std::string_view rest = sentence;
  for (;;) {
    const std::size_t space = rest.find(' ');
    const std::string_view word = rest.substr(0, space);
    if (word == "No" || word == "not" || word == "no") return "no";
    if (space == std::string_view::npos) return "yes";
    rest.remove_prefix(space + 1);
  }
}

std::string parse_yes_no_lmms_eval_pope(std::string_view prediction) {
  return std::string(python_strip(python_lower(prediction)));
}

std::string parse_yes_no_mme(std::string_view prediction) {
  const std::string lower = python_lower(prediction);
  std::string answer(python_strip(lower));
  std::erase(answer, '.');
  if (answer == "yes" || answer == "no") return answer;
  const std::u32string characters = to_code_points(answer);
  if (characters.size() == 1) return answer == "y" ? "yes" : answer == "n" ? "no" : "other";
  const std::u32string start = characters.substr(0, 4);
  if (start.find(U"yes") != std::u32string::npos) return "yes";
  return start.find(U"no") != std::u32string::npos ? "no" : "other";
}

}  // namespace imp::eval
