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

/// What kind of looking a question asks for. The names are written into annotation files and reports.
enum class Family {
  word,
  number,
  price,
  position,
  color_word,
  beside_object,
  object,
  object_at,
  neighbour,
  object_color,
  colored_object,
  sign_color,
  count_signs,
  count_objects,
  is_object_there,
  is_object_colored,
  is_word_there
};

inline constexpr std::array<std::string_view, 17> kFamilyNames{
    "word",        "number",        "price",           "position",          "color_word",     "beside_object",
    "object",      "object_at",     "neighbour",       "object_color",      "colored_object", "sign_color",
    "count_signs", "count_objects", "is_object_there", "is_object_colored", "is_word_there"};

constexpr std::string_view name_of(Family family) {
  return kFamilyNames[static_cast<std::size_t>(family)];
}

/// The rendered benchmark that a family belongs to: reading as in TextVQA, objects with colours, places and
/// counts as in GQA, yes or no about what is there as in POPE.
enum class Subject { text, objects, presence };

constexpr Subject subject_of(Family family) {
  if (family <= Family::beside_object) return Subject::text;
  return family <= Family::count_objects ? Subject::objects : Subject::presence;
}

/// How often each family is asked, among those that a picture allows; an entry a family, in the order of
/// Family. The defaults leave out is_word_there: the zoo's language models, told the words themselves, answer
/// it at chance (cards: 55 and 64 %), so no arm could be told from another by it.
struct FamilyWeights {
  std::array<double, kFamilyNames.size()> values{0.22, 0.08, 0.08, 0.12, 0.08, 0.08, 0.05, 0.06, 0.06,
                                                 0.06, 0.05, 0.04, 0.03, 0.03, 0.10, 0.08, 0.00};

  [[nodiscard]] double of(Family family) const { return values[static_cast<std::size_t>(family)]; }
  /// The same weights for the families of one subject, 0 for the others.
  [[nodiscard]] FamilyWeights only(Subject subject) const;
};

struct Question {
  Family family = Family::word;
  std::string text;    ///< lower case, with a question mark
  std::string answer;  ///< lower case
};

/// One question of the family about the scene, or nothing if the scene does not allow it (no number to ask
/// for, two words where "the word" would not say which, ...). Which of the family's wordings, and which sign
/// or object where there is a choice, is random; whether there is a question at all is not.
///   word, number, price  the only one of the picture
///   position             the text at a place
///   color_word           the text of the sign of a colour
///   beside_object        the text of the sign next above or below an object
///   object               the only object
///   object_at            the only object at a place
///   neighbour            the object left or right of another
///   object_color         the colour of an object
///   colored_object       the only object of a colour
///   sign_color           the colour of the only sign
///   count_signs, count_objects
///   is_object_there      yes or no: is the umbrella shown? Asked where any object is
///   is_object_colored    yes or no: is the red umbrella shown? If no, there is one of another colour
///   is_word_there        yes or no: does a sign say so?
/// Half of the answers that are yes or no are yes.
[[nodiscard]] std::optional<Question> ask(Family family, const Scene& scene, Random& random);

/// Up to `count` questions about the scene, their families drawn by weight, no wording twice. With
/// `distinct`, no family twice either. Fewer come back when the scene allows no more.
[[nodiscard]] std::vector<Question> ask_several(const Scene& scene, int count, const FamilyWeights& weights,
                                                bool distinct, Random& random);

/// Ten annotators' answers to a question about text: they differ in case, articles and full stops, slip in
/// spelling, leave a part away, or find the question unanswerable; about a question in five they disagree
/// widely. A perfect reader scores about 0.89 of VQA accuracy against them.
[[nodiscard]] std::vector<std::string> annotate(const Question& question, Random& random);

}  // namespace imp::harness
