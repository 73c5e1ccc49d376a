// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/text_leaks.h"

#include <gtest/gtest.h>

namespace imp::harness {
namespace {

eval::Benchmark benchmark() {
  const auto question = [](const std::string& id, const std::string& text, std::vector<std::string> answers) {
    eval::Question made;
    made.question_id = {id, false};
    made.question = text;
    made.answers = std::move(answers);
    return made;
  };
  return {"textvqa",
          {question("0", "What does the sign say?", {"Stop", "stop.", "no parking at any time"}),
           question("1", "what does the sign say", {"exit"}),
           question("2", "Which bus line is this?", {"the 42"})}};
}

LlavaRow row(const std::string& id, std::vector<models::Turn> turns) {
  LlavaRow made;
  made.id = id;
  made.images = {"a.jpg"};
  made.turns = std::move(turns);
  return made;
}

std::vector<QuestionOverlap> overlaps(const std::vector<LlavaRow>& rows,
                                      const std::vector<std::uint32_t>& own = {}) {
  const eval::Benchmark asked = benchmark();
  TextOverlap overlap(asked);
  for (const LlavaRow& one : rows) overlap.add(one, own);
  return overlap.overlaps();
}

TEST(TextOverlap, QuestionAndAnswerAreComparedAsAnswersAreScored) {
  const auto found = overlaps(
      {row("a",
           {{"<image>\nWhat does the sign say?\nAnswer the question using a single word or phrase.", "STOP!"},
            {"what does the sign say", "Stop"}}),
       row("b", {{"which bus line is this?", "42"}, {"which bus line is this?", "43"}})});
  EXPECT_EQ(found[0].turns, 2U);
  EXPECT_EQ(found[0].first_row, "a");
  EXPECT_EQ(found[1].turns, 0U);
  EXPECT_EQ(found[2].turns, 1U);
  EXPECT_EQ(found[2].first_row, "b");
}

TEST(TextOverlap, ATurnAboutTheSamePictureIsToldApart) {
  const auto found = overlaps({row("a", {{"what does the sign say?", "exit"}})}, {1, 2});
  EXPECT_EQ(found[1].turns, 1U);
  EXPECT_EQ(found[1].turns_of_picture, 1U);
  const auto elsewhere = overlaps({row("a", {{"what does the sign say?", "exit"}})}, {0, 2});
  EXPECT_EQ(elsewhere[1].turns, 1U);
  EXPECT_EQ(elsewhere[1].turns_of_picture, 0U);
}

TEST(TextOverlap, CaptionsAreFoundInAnswersAndQuestionsIfTheyHaveFourWords) {
  const auto found =
      overlaps({row("c", {{"<image>\n", "No parking at any time."}}),
                row("d", {{"describe it", "which bus line is this"}}), row("e", {{"describe it", "stop"}})});
  EXPECT_EQ(found[0].captions, 1U);
  EXPECT_EQ(found[0].first_row, "c");
  EXPECT_EQ(found[0].turns, 0U);
  EXPECT_EQ(found[1].captions, 0U);
  EXPECT_EQ(found[2].captions, 1U);
}

TEST(TextOverlap, RowsWithoutTurnsAndTurnsWithoutAnswersSayNothing) {
  const auto found = overlaps({row("f", {}), row("g", {{"what does the sign say?", std::nullopt}})});
  for (const QuestionOverlap& overlap : found) EXPECT_EQ(overlap.turns + overlap.captions, 0U);
}

TEST(BareQuestion, LosesThePictureAndTheLineThatTellsHowToAnswer) {
  EXPECT_EQ(bare_question("<image>\nwho?\nAnswer the question using a single word or phrase."), "who?");
  EXPECT_EQ(bare_question("who?\n<image>"), "who?");
  EXPECT_EQ(bare_question("<image>"), "");
  EXPECT_EQ(bare_question("A <b"), "A <b");
}

}  // namespace
}  // namespace imp::harness
