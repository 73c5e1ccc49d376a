// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/question_controls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace imp::harness {
namespace {

using testing::ElementsAre;

/// A benchmark of so many pictures with two questions each.
eval::Benchmark benchmark(int pictures) {
  eval::Benchmark made{"scenetext", {}, {}};
  for (int i = 0; i < 2 * pictures; ++i) {
    eval::Question question;
    question.question_id = {std::to_string(i), true};
    question.image_path = "pictures/" + std::to_string(i % pictures) + ".jpg";
    made.questions.push_back(question);
  }
  return made;
}

TEST(ShuffledPictures, GiveEachPictureAnotherOneAndEachOnce) {
  for (const int pictures : {2, 3, 10, 101}) {
    const auto others = shuffled_pictures(benchmark(pictures));
    std::set<std::string> given;
    for (const auto& [picture, other] : others) {
      EXPECT_NE(picture, other) << pictures;
      given.insert(other);
    }
    EXPECT_EQ(others.size(), static_cast<size_t>(pictures));
    EXPECT_EQ(given.size(), static_cast<size_t>(pictures));
    for (const auto& [picture, other] : others) EXPECT_TRUE(given.contains(picture));
  }
}

TEST(ShuffledPictures, DoNotDependOnTheOrderOfTheQuestions) {
  eval::Benchmark questions = benchmark(20);
  const auto expected = shuffled_pictures(questions);
  std::reverse(questions.questions.begin(), questions.questions.end());
  EXPECT_EQ(shuffled_pictures(questions), expected);
  int neighbours = 0;  // in the order of their names
  std::string before;
  for (const auto& [picture, other] : expected) neighbours += std::exchange(before, picture) == other ? 1 : 0;
  EXPECT_LT(neighbours, 10);
}

TEST(ShuffledPictures, NeedTwo) {
  EXPECT_TRUE(shuffled_pictures(benchmark(1)).empty());
}

TEST(Controls, AreThoseThatAreWantedAndThatTheBenchmarkAllows) {
  eval::Benchmark questions = benchmark(3);
  EXPECT_THAT(controls_of(questions, "blind"), ElementsAre("blind"));
  EXPECT_THAT(controls_of(questions, "all"), ElementsAre("blind", "shuffled"));
  EXPECT_THAT(controls_of(questions, "ocr"), ElementsAre("blind"));
  questions.questions[4].ocr_tokens = {"OPEN"};
  EXPECT_THAT(controls_of(questions, "all"), ElementsAre("blind", "shuffled", "ocr"));
  EXPECT_THAT(controls_of(questions, "ocr"), ElementsAre("blind", "ocr"));
  EXPECT_THAT(controls_of(questions, "shuffled"), ElementsAre("blind", "shuffled"));
  EXPECT_THAT(controls_of(benchmark(1), "all"), ElementsAre("blind"));
}

}  // namespace
}  // namespace imp::harness
