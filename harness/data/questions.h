// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/data/random.h"
#include "harness/data/scene.h"

namespace imp::harness {

/// What kind of reading a question asks for. The names are written into annotation files and reports.
enum class Family { word, position, number, color, color_word, yesno, object, count, open_word };

inline constexpr std::array<std::string_view, 9> kFamilyNames{
    "word", "position", "number", "color", "color_word", "yesno", "object", "count", "open_word"};

constexpr std::string_view name_of(Family family) {
  return kFamilyNames[static_cast<std::size_t>(family)];
}

/// How often each family is asked, among those that a picture allows; an entry a family, in the order of
/// Family. open_word stands in for `word` where the word is an open one, with the weight of `word`.
struct FamilyWeights {
  std::array<double, 8> values{0.552, 0.102, 0.172, 0.055, 0.032, 0.038, 0.032, 0.017};

  [[nodiscard]] double of(Family family) const {
    return values[family == Family::open_word ? 0 : static_cast<std::size_t>(family)];
  }
};

struct Question {
  Family family = Family::word;
  std::string text;    ///< lower case, with a question mark
  std::string answer;  ///< lower case
};

/// One question of the family about the scene, or nothing if the scene does not allow it (no number to ask
/// for, two words where "the word" would not say which, ...). Which of the family's wordings, and which sign
/// where there is a choice, is random.
///   word, open_word  the only word of the picture          number     its only number
///   position         the text at the top or bottom         color_word the text of the sign of a colour
///   color            the colour of the only sign           yesno      is the word X there? half the answers
///   are yes object           the name of the symbol                count      the number of signs
[[nodiscard]] std::optional<Question> ask(Family family, const Scene& scene, Random& random);

/// Up to `count` questions about the scene, their families drawn by weight, no wording twice. With
/// `distinct`, no family twice either. Fewer come back when the scene allows no more.
[[nodiscard]] std::vector<Question> ask_several(const Scene& scene, int count, const FamilyWeights& weights,
                                                bool distinct, Random& random);

/// Ten annotators' answers to a question whose right answer is `answer`: they differ in case, articles and
/// full stops, slip in spelling, leave a part away, or find the question unanswerable; about a question in
/// five they disagree widely. A perfect reader scores about 0.89 of VQA accuracy against them.
[[nodiscard]] std::vector<std::string> annotate(const Question& question, Random& random);

}  // namespace imp::harness
