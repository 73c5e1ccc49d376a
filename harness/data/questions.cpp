// SPDX-License-Identifier: Apache-2.0
#include "harness/data/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <span>
#include <utility>

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
constexpr std::string_view kPrice[] = {"what price is shown?", "what is the price?", "how much is it?"};
constexpr std::string_view kTextAt[] = {"what does the sign {} say?", "what is written {}?"};
constexpr std::string_view kColorWord[] = {"what does the {} sign say?", "what is written on the {} sign?"};
constexpr std::string_view kBesideObject[] = {"what does the sign {} say?", "what is written {}?"};
constexpr std::string_view kObject[] = {"what object is shown?", "which symbol is in the picture?",
                                        "what is the symbol?"};
constexpr std::string_view kObjectAt[] = {"what object is {}?", "which symbol is {}?"};
constexpr std::string_view kNeighbour[] = {"what object is {}?", "which symbol is {}?"};
constexpr std::string_view kObjectColor[] = {"what color is the {}?", "which color does the {} have?"};
constexpr std::string_view kColoredObject[] = {"what object is {}?", "which symbol is {}?"};
constexpr std::string_view kSignColor[] = {"what color is the sign?", "which color does the sign have?"};
constexpr std::string_view kCountSigns[] = {"how many signs are there?", "how many signs are shown?"};
constexpr std::string_view kCountObjects[] = {"how many objects are there?", "how many symbols are shown?"};
constexpr std::string_view kIsThere[] = {"is the {} shown?", "does the picture show the {}?"};
constexpr std::string_view kIsWordThere[] = {"is the word {} shown?", "does a sign say {}?"};

std::string worded(Wordings wordings, std::string_view subject, Random& random) {
  std::string text(one_of(wordings, random));
  if (const auto gap = text.find("{}"); gap != std::string::npos) text.replace(gap, 2, subject);
  return text;
}

/// The only element that fulfils the condition; null if there is none or more.
template <typename Element, typename Condition>
const Element* only(const std::vector<Element>& elements, Condition holds) {
  const Element* found = nullptr;
  for (const Element& element : elements) {
    if (!holds(element)) continue;
    if (found != nullptr) return nullptr;
    found = &element;
  }
  return found;
}

bool is_word(const Sign& sign) {
  return sign.kind == TextKind::word || sign.kind == TextKind::open_word;
}

/// word, number, price: the only text of its kind.
std::optional<Question> ask_text(Family family, const Scene& scene, Random& random) {
  const Sign* sign = only(scene.signs, [&](const Sign& candidate) {
    if (family == Family::word) return is_word(candidate);
    return candidate.kind == (family == Family::number ? TextKind::number : TextKind::price);
  });
  if (sign == nullptr) return std::nullopt;
  const Wordings wordings = family == Family::number  ? Wordings(kNumber)
                            : family == Family::price ? Wordings(kPrice)
                            : scene.signs.size() == 1 ? Wordings(kLoneWord)
                                                      : Wordings(kWordAmongSigns);
  return Question{family, worded(wordings, "", random), lower_case(sign->text)};
}

std::optional<Question> ask_position(const Scene& scene, Random& random) {
  if (scene.signs.size() < 2) return std::nullopt;
  const Sign& sign = one_of(scene.signs, random);
  return Question{Family::position, worded(kTextAt, place_of(sign.slot), random), lower_case(sign.text)};
}

std::optional<Question> ask_color_word(const Scene& scene, Random& random) {
  if (scene.signs.size() < 2) return std::nullopt;
  const Sign& sign = one_of(scene.signs, random);
  return Question{Family::color_word, worded(kColorWord, color_of(sign), random), lower_case(sign.text)};
}

/// Two steps: find the object, then read the sign in the next slot above or below it.
std::optional<Question> ask_beside_object(const Scene& scene, Random& random) {
  std::vector<std::pair<const Sign*, const SceneObject*>> pairs;
  for (const Sign& sign : scene.signs)
    for (const SceneObject& object : scene.objects)
      if (std::abs(static_cast<int>(sign.slot) - static_cast<int>(object.slot)) == 1)
        pairs.emplace_back(&sign, &object);
  if (pairs.empty()) return std::nullopt;
  const auto& [sign, object] = one_of(pairs, random);
  const std::string_view side = sign->slot < object->slot ? "above" : "below";
  return Question{Family::beside_object,
                  worded(kBesideObject, fmt::format("{} the {}", side, name_of(*object)), random),
                  lower_case(sign->text)};
}

std::optional<Question> ask_object_at(const Scene& scene, Random& random) {
  if (scene.objects.size() < 2) return std::nullopt;
  std::vector<const SceneObject*> alone;
  for (const SceneObject& object : scene.objects)
    if (object.side == Side::alone) alone.push_back(&object);
  if (alone.empty()) return std::nullopt;
  const SceneObject& object = *one_of(alone, random);
  return Question{Family::object_at, worded(kObjectAt, place_of(object.slot), random),
                  std::string(name_of(object))};
}

std::optional<Question> ask_neighbour(const Scene& scene, Random& random) {
  std::vector<std::pair<const SceneObject*, const SceneObject*>> pairs;  // left, right
  for (std::size_t i = 0; i + 1 < scene.objects.size(); ++i)
    if (scene.objects[i].side == Side::left) pairs.emplace_back(&scene.objects[i], &scene.objects[i + 1]);
  if (pairs.empty()) return std::nullopt;
  const auto& [left, right] = one_of(pairs, random);
  const bool ask_left = random.chance(0.5);
  const std::string where =
      fmt::format("{} of the {}", ask_left ? "left" : "right", name_of(ask_left ? *right : *left));
  return Question{Family::neighbour, worded(kNeighbour, where, random),
                  std::string(name_of(ask_left ? *left : *right))};
}

std::optional<Question> ask_object_color(const Scene& scene, Random& random) {
  if (scene.objects.empty()) return std::nullopt;
  const SceneObject& object = one_of(scene.objects, random);
  return Question{Family::object_color, worded(kObjectColor, name_of(object), random),
                  std::string(color_of(object))};
}

std::optional<Question> ask_colored_object(const Scene& scene, Random& random) {
  if (scene.objects.size() < 2) return std::nullopt;
  std::vector<const SceneObject*> choices;
  for (const SceneObject& object : scene.objects)
    if (only(scene.objects, [&](const SceneObject& other) { return other.color == object.color; }) != nullptr)
      choices.push_back(&object);
  if (choices.empty()) return std::nullopt;
  const SceneObject& object = *one_of(choices, random);
  return Question{Family::colored_object, worded(kColoredObject, color_of(object), random),
                  std::string(name_of(object))};
}

Question yes_or_no(Family family, Wordings wordings, std::string_view subject, bool yes, Random& random) {
  return {family, worded(wordings, subject, random), yes ? "yes" : "no"};
}

std::optional<Question> ask_is_object_there(const Scene& scene, Random& random) {
  if (scene.objects.empty()) return std::nullopt;
  const bool yes = random.chance(0.5);
  if (yes)
    return yes_or_no(Family::is_object_there, kIsThere, name_of(one_of(scene.objects, random)), yes, random);
  std::string_view absent;
  const auto shown = [&](const SceneObject& object) { return name_of(object) == absent; };
  do absent = one_of(kObjects, random).name;
  while (std::any_of(scene.objects.begin(), scene.objects.end(), shown));
  return yes_or_no(Family::is_object_there, kIsThere, absent, yes, random);
}

std::optional<Question> ask_is_object_colored(const Scene& scene, Random& random) {
  if (scene.objects.empty()) return std::nullopt;
  const SceneObject& object = one_of(scene.objects, random);
  const bool yes = random.chance(0.5);
  std::string_view color = color_of(object);
  while (!yes && color == color_of(object)) color = one_of(kSignStyles, random).color;
  return yes_or_no(Family::is_object_colored, kIsThere, fmt::format("{} {}", color, name_of(object)), yes,
                   random);
}

std::optional<Question> ask_is_word_there(const Scene& scene, Random& random) {
  std::vector<std::string_view> shown;
  for (const Sign& sign : scene.signs)
    if (sign.kind == TextKind::word) shown.push_back(sign.text);
  if (shown.empty()) return std::nullopt;
  const bool yes = random.chance(0.5);
  std::string_view word = one_of(shown, random);
  while (!yes && std::find(shown.begin(), shown.end(), word) != shown.end())
    word = one_of(sign_words(), random);
  return yes_or_no(Family::is_word_there, kIsWordThere, lower_case(word), yes, random);
}

}  // namespace

FamilyWeights FamilyWeights::only(Subject subject) const {
  FamilyWeights some = *this;
  for (std::size_t i = 0; i < some.values.size(); ++i)
    if (subject_of(static_cast<Family>(i)) != subject) some.values[i] = 0;
  return some;
}

std::optional<Question> ask(Family family, const Scene& scene, Random& random) {
  switch (family) {
    case Family::word:
    case Family::number:
    case Family::price:
      return ask_text(family, scene, random);
    case Family::position:
      return ask_position(scene, random);
    case Family::color_word:
      return ask_color_word(scene, random);
    case Family::beside_object:
      return ask_beside_object(scene, random);
    case Family::object:
      if (scene.objects.size() != 1) return std::nullopt;
      return Question{family, worded(kObject, "", random), std::string(name_of(scene.objects.front()))};
    case Family::object_at:
      return ask_object_at(scene, random);
    case Family::neighbour:
      return ask_neighbour(scene, random);
    case Family::object_color:
      return ask_object_color(scene, random);
    case Family::colored_object:
      return ask_colored_object(scene, random);
    case Family::sign_color:
      if (scene.signs.size() != 1) return std::nullopt;
      return Question{family, worded(kSignColor, "", random), std::string(color_of(scene.signs.front()))};
    case Family::count_signs:
      return Question{family, worded(kCountSigns, "", random), std::to_string(scene.signs.size())};
    case Family::count_objects:
      return Question{family, worded(kCountObjects, "", random), std::to_string(scene.objects.size())};
    case Family::is_object_there:
      return ask_is_object_there(scene, random);
    case Family::is_object_colored:
      return ask_is_object_colored(scene, random);
    case Family::is_word_there:
      return ask_is_word_there(scene, random);
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
