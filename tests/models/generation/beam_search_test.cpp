// SPDX-License-Identifier: Apache-2.0
#include "models/generation/beam_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "models/io/error.h"
#include "tests/models/generation/prompt_groups.h"

namespace imp::models {
namespace {

using test::Ids;
using test::joined;
using test::next_log_probs;
using test::up_to;

class BeamSearch : public testing::TestWithParam<TextFamily> {
 protected:
  const at::NoGradGuard no_grad_;
  const std::unique_ptr<TextModel> model_ = test::tiny_text_model(GetParam());
  const PromptGroup group_{{1, 2, 3}, {}, {{4}, {5, 6, 7}, {8, 9}}};
};

TEST_P(BeamSearch, OneBeamIsGreedy) {
  EXPECT_EQ(beam_search(*model_, group_, up_to(6), {1, 1.0}), generate(*model_, {group_}, up_to(6)));
}

TEST_P(BeamSearch, EnoughBeamsFindTheBestOfAllAnswers) {
  // Two tokens of a vocabulary of 40: 40 beams leave nothing out.
  const std::vector<Ids> answers = beam_search(*model_, group_, up_to(2), {40, 1.0});
  for (size_t q = 0; q < group_.tails.size(); ++q) {
    const Ids prompt = joined(group_.prefix_ids, group_.tails[q]);
    const at::Tensor first = next_log_probs(*model_, prompt);
    double best = -std::numeric_limits<double>::infinity();
    Ids expected;
    for (int64_t a = 0; a < 40; ++a) {
      const at::Tensor second = first[a] + next_log_probs(*model_, joined(prompt, {a}));
      const auto b = second.argmax().item<int64_t>();
      if (second[b].item<float>() > best) {
        best = second[b].item<float>();
        expected = {a, b};
      }
    }
    EXPECT_EQ(answers[q], expected);
  }
}

TEST_P(BeamSearch, AnswersAreTheSameHoweverFewFitIntoMemory) {
  GenerationOptions options = up_to(8);
  options.end_tokens = {3};
  const std::vector<Ids> answers = beam_search(*model_, group_, options, {4, 1.0});
  options.kv_bytes = 160'000;
  EXPECT_EQ(beam_search(*model_, group_, options, {4, 1.0}), answers);
  options.kv_bytes = 10'000;
  EXPECT_THROW((void)beam_search(*model_, group_, options, {4, 1.0}), Error);
}

INSTANTIATE_TEST_SUITE_P(Families, BeamSearch, testing::Values(TextFamily::phi, TextFamily::llama));

}  // namespace
}  // namespace imp::models
