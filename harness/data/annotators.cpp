// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "harness/data/questions.h"

namespace imp::harness {
namespace {

constexpr int kAnnotators = 10;
constexpr double kDisputedShare = 0.18;      // of the questions: those that people read in many ways
constexpr double kAgreement = 0.86;          // of an annotator with the right answer, plain questions
constexpr double kDisputedAgreement = 0.15;  // the same, disputed questions
constexpr double kUnanswerableShare = 0.08;  // of the other answers; more would pay who says it always

/// Another way to write the same answer, which the metric's normalization undoes: case, an article, a full
/// stop.
std::string same_answer(std::string answer, Random& random) {
  const double kind = random.uniform();
  if (kind < 0.75) return answer;
  if (kind < 0.85) {
    for (char& c : answer) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return answer;
  }
  if (kind < 0.93) {
    answer[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(answer[0])));
    return answer;
  }
  return kind < 0.97 ? answer + "." : "the " + answer;
}

/// One typing slip: two characters swapped, one left out, or one typed twice.
std::string misspelled(std::string answer, Random& random) {
  const auto place = static_cast<std::size_t>(random.below(static_cast<int>(answer.size())));
  const double kind = random.uniform();
  if (kind < 0.4 && place + 1 < answer.size() && answer[place] != answer[place + 1])
    std::swap(answer[place], answer[place + 1]);
  else if (kind < 0.7 && answer.size() > 2)
    answer.erase(place, 1);
  else
    answer.insert(place, 1, answer[place]);
  return answer;
}

std::string partial(const std::string& answer, Random& random) {
  if (answer.size() < 3) return misspelled(answer, random);
  const auto kept = static_cast<std::size_t>(2 + random.below(static_cast<int>(answer.size()) - 2));
  return random.chance(0.5) ? answer.substr(0, kept) : answer.substr(answer.size() - kept);
}

std::string other_answer(const Question& question, Random& random) {
  if (random.chance(kUnanswerableShare)) return "unanswerable";
  return random.chance(0.6) ? misspelled(question.answer, random) : partial(question.answer, random);
}

}  // namespace

std::vector<std::string> annotate(const Question& question, Random& random) {
  const double agreement = random.chance(kDisputedShare) ? kDisputedAgreement : kAgreement;
  std::vector<std::string> answers;
  answers.reserve(kAnnotators);
  for (int annotator = 0; annotator < kAnnotators; ++annotator)
    answers.push_back(random.chance(agreement) ? same_answer(question.answer, random)
                                               : other_answer(question, random));
  return answers;
}

}  // namespace imp::harness
