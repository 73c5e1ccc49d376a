// SPDX-License-Identifier: Apache-2.0
#include "harness/data/questions.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "harness/data/catalog.h"
#include "harness/data/vocabulary.h"

namespace imp::harness {
namespace {

using Wordings = std::span<const std::string_view>;

constexpr std::string_view kLoneWord[] = {"what does the sign say?", "what word is shown?",
                                          "which word is written here?"};
constexpr std::string_view kWordAmongSigns[] = {"what word is shown?", "which word is written here?"};
constexpr std::string_view kNumber[] = {"what number is shown?", "which number is written here?",
                                        "what is the number?"};
constexpr std::string_view kWordAt[] = {"what word is at the {}?", "which word is at the {}?"};
constexpr std::string_view kNumberAt[] = {"what number is at the {}?", "which number is at the {}?"};
constexpr std::string_view kColor[] = {"what color is the sign?", "which color does the sign have?"};
constexpr std::string_view kColorWord[] = {"what does the {} sign say?", "what is written on the {} sign?"};
constexpr std::string_view kYesNo[] = {"is the word {} shown?", "does a sign say {}?"};
constexpr std::string_view kObject[] = {"what object is shown?", "which symbol is in the picture?",
                                        "what is the symbol?"};
constexpr std::string_view kCount[] = {"how many signs are there?", "how many signs are shown?"};

std::string worded(Wordings wordings, std::string_view subject, Random& random) {
  std::string text(wordings[static_cast<std::size_t>(random.below(static_cast<int>(wordings.size())))]);
  if (const auto gap = text.find("{}"); gap != std::string::npos) text.replace(gap, 2, subject);
  return text;
}

/// The only sign of the scene that is a number, or the only one that is none; null if there is none or more.
const Sign* only_sign(const Scene& scene, bool number) {
  const Sign* found = nullptr;
  for (const Sign& sign : scene.signs) {
    if ((sign.kind == TextKind::number) != number) continue;
    if (found != nullptr) return nullptr;
    found = &sign;
  }
  return found;
}

std::string_view color_of(const Sign& sign) {
  return kSignStyles[static_cast<std::size_t>(sign.style)].color;
}

std::optional<Question> ask_word(Family family, const Scene& scene, Random& random) {
  const Sign* sign = only_sign(scene, false);
  if (sign == nullptr || (sign->kind == TextKind::open_word) != (family == Family::open_word))
    return std::nullopt;
  const Wordings wordings = scene.signs.size() == 1 ? Wordings(kLoneWord) : Wordings(kWordAmongSigns);
  return Question{family, worded(wordings, "", random), lower_case(sign->text)};
}

std::optional<Question> ask_position(const Scene& scene, Random& random) {
  if (scene.signs.size() < 2) return std::nullopt;
  std::vector<const Sign*> choices;
  for (const Sign& sign : scene.signs)
    if (sign.slot != Slot::middle) choices.push_back(&sign);
  if (choices.empty()) return std::nullopt;
  const Sign& sign = *choices[static_cast<std::size_t>(random.below(static_cast<int>(choices.size())))];
  const Wordings wordings = sign.kind == TextKind::number ? Wordings(kNumberAt) : Wordings(kWordAt);
  return Question{Family::position, worded(wordings, sign.slot == Slot::top ? "top" : "bottom", random),
                  lower_case(sign.text)};
}

std::optional<Question> ask_color_word(const Scene& scene, Random& random) {
  if (scene.signs.size() < 2) return std::nullopt;
  const Sign& sign =
      scene.signs[static_cast<std::size_t>(random.below(static_cast<int>(scene.signs.size())))];
  return Question{Family::color_word, worded(kColorWord, color_of(sign), random), lower_case(sign.text)};
}

std::optional<Question> ask_yesno(const Scene& scene, Random& random) {
  std::vector<std::string_view> shown;
  for (const Sign& sign : scene.signs)
    if (sign.kind == TextKind::word) shown.push_back(sign.text);
  if (shown.empty()) return std::nullopt;
  const bool yes = random.chance(0.5);
  std::string_view word = shown[static_cast<std::size_t>(random.below(static_cast<int>(shown.size())))];
  while (!yes && std::find(shown.begin(), shown.end(), word) != shown.end())
    word = sign_words()[static_cast<std::size_t>(random.below(static_cast<int>(sign_words().size())))];
  return Question{Family::yesno, worded(kYesNo, lower_case(word), random), yes ? "yes" : "no"};
}

}  // namespace

std::optional<Question> ask(Family family, const Scene& scene, Random& random) {
  switch (family) {
    case Family::word:
    case Family::open_word:
      return ask_word(family, scene, random);
    case Family::position:
      return ask_position(scene, random);
    case Family::number:
      if (const Sign* sign = only_sign(scene, true))
        return Question{family, worded(kNumber, "", random), lower_case(sign->text)};
      return std::nullopt;
    case Family::color:
      if (scene.signs.size() != 1) return std::nullopt;
      return Question{family, worded(kColor, "", random), std::string(color_of(scene.signs[0]))};
    case Family::color_word:
      return ask_color_word(scene, random);
    case Family::yesno:
      return ask_yesno(scene, random);
    case Family::object:
      if (!scene.object) return std::nullopt;
      return Question{family, worded(kObject, "", random),
                      std::string(kObjects[static_cast<std::size_t>(scene.object->kind)].name)};
    case Family::count:
      return Question{family, worded(kCount, "", random), std::to_string(scene.signs.size())};
  }
  return std::nullopt;
}

std::vector<Question> ask_several(const Scene& scene, int count, const FamilyWeights& weights, bool distinct,
                                  Random& random) {
  std::array<double, kFamilyNames.size()> open{};
  for (std::size_t i = 0; i < open.size(); ++i) {
    const auto family = static_cast<Family>(i);
    if (ask(family, scene, random)) open[i] = weights.of(family);
  }
  std::vector<Question> questions;
  // A wording that was asked already is drawn again; a scene of few families may run out of them.
  for (int attempt = 0; attempt < 20 * count && static_cast<int>(questions.size()) < count; ++attempt) {
    const double total = std::accumulate(open.begin(), open.end(), 0.0);
    if (total <= 0) break;
    double rest = random.uniform(0, total);
    std::size_t choice = 0;
    while (choice + 1 < open.size() && rest >= open[choice]) rest -= open[choice++];
    if (open[choice] <= 0) continue;
    auto question = ask(static_cast<Family>(choice), scene, random);
    const bool asked = std::any_of(questions.begin(), questions.end(),
                                   [&](const Question& other) { return other.text == question->text; });
    if (asked) continue;
    questions.push_back(std::move(*question));
    if (distinct) open[choice] = 0;
  }
  return questions;
}

}  // namespace imp::harness
