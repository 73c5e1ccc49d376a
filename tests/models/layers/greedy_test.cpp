// SPDX-License-Identifier: Apache-2.0
#include "models/generation/greedy.h"

#include <gtest/gtest.h>

#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::alone;
using test::random_tensor;
using test::tiny_text_model;
using Ids = std::vector<int64_t>;

class GreedyDecoding : public testing::TestWithParam<TextFamily> {
 protected:
  /// The definition: the whole sequence again for each new token, no cache.
  [[nodiscard]] Ids by_definition(Ids ids, int64_t count) const {
    Ids answer;
    while (static_cast<int64_t>(answer.size()) < count) {
      const at::Tensor hidden = alone(*model_, ids);
      answer.push_back(model_->logits(hidden.slice(0, hidden.size(0) - 1)).argmax(-1).item<int64_t>());
      ids.push_back(answer.back());
    }
    return answer;
  }

  const at::NoGradGuard no_grad_;
  const std::unique_ptr<TextModel> model_ = tiny_text_model(GetParam());
  const std::vector<PromptGroup> groups_{
      {{1, 2, 3}, {}, {{4}, {5, 6, 7}}}, {{9}, {}, {{8, 7}}}, {{1, 2, 3, 4, 5}, {}, {{6, 6}, {3}}}};
};

TEST_P(GreedyDecoding, GivesTheLikeliestTokensOfTheWholeSequence) {
  const std::vector<Ids> answers = generate_greedy(*model_, groups_, {-200, -1, 6});
  size_t next = 0;
  for (const PromptGroup& group : groups_) {
    for (const Ids& tail : group.tails) {
      Ids prompt = group.prefix_ids;
      prompt.insert(prompt.end(), tail.begin(), tail.end());
      EXPECT_EQ(answers.at(next++), by_definition(prompt, 6));
    }
  }
  EXPECT_EQ(next, answers.size());
}

TEST_P(GreedyDecoding, AnswersDoNotDependOnWhatIsAskedBeside) {
  std::vector<Ids> one_by_one;
  for (const PromptGroup& group : groups_) {
    for (const Ids& tail : group.tails)
      one_by_one.push_back(generate_greedy(*model_, {{group.prefix_ids, {}, {tail}}}, {-200, -1, 5}).at(0));
  }
  EXPECT_EQ(generate_greedy(*model_, groups_, {-200, -1, 5}), one_by_one);
}

TEST_P(GreedyDecoding, EndsAnAnswerAtTheEndTokenAndGoesOnWithTheOthers) {
  const std::vector<Ids> whole = generate_greedy(*model_, groups_, {-200, -1, 8});
  const int64_t end = whole[0][2];  // some token that is generated
  const std::vector<Ids> answers = generate_greedy(*model_, groups_, {-200, end, 8});
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(answers[i], Ids(whole[i].begin(), std::find(whole[i].begin(), whole[i].end(), end)))
        << "answer " << i;
  }
}

TEST_P(GreedyDecoding, APictureStandsWhereItsPlaceholdersAre) {
  const at::Tensor picture = random_tensor({1, 2, 16}, 3), other = random_tensor({1, 2, 16}, 4);
  const Ids prefix{1, -200, -200};
  const auto ask = [&](const at::Tensor& projected) { return PromptGroup{prefix, projected, {{5}, {6, 7}}}; };
  const std::vector<Ids> both = generate_greedy(*model_, {ask(picture), ask(other)}, {-200, -1, 6});
  const std::vector<Ids> first = generate_greedy(*model_, {ask(picture)}, {-200, -1, 6});
  const std::vector<Ids> second = generate_greedy(*model_, {ask(other)}, {-200, -1, 6});
  EXPECT_EQ(both, (std::vector<Ids>{first[0], first[1], second[0], second[1]}));
  EXPECT_NE(first, second);
}

TEST_P(GreedyDecoding, NothingAskedIsNothingAnswered) {
  EXPECT_TRUE(generate_greedy(*model_, {}, {}).empty());
}

INSTANTIATE_TEST_SUITE_P(Families, GreedyDecoding, testing::Values(TextFamily::phi, TextFamily::llama),
                         [](const testing::TestParamInfo<TextFamily>& test) {
                           return test.param == TextFamily::phi ? "phi" : "llama";
                         });

}  // namespace
}  // namespace imp::models
