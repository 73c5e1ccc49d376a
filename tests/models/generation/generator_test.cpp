// SPDX-License-Identifier: Apache-2.0
#include "models/generation/generator.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "models/generation/paged_decoder.h"
#include "models/io/error.h"
#include "models/io/hash.h"
#include "tests/models/generation/prompt_groups.h"

namespace imp::models {
namespace {

using test::alone;
using test::Ids;
using test::random_groups;
using test::random_tensor;
using test::tiny_text_model;
using test::up_to;

class Generation : public testing::TestWithParam<TextFamily> {
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

TEST_P(Generation, GivesTheLikeliestTokensOfTheWholeSequence) {
  const std::vector<Ids> answers = generate(*model_, groups_, up_to(6));
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

TEST_P(Generation, AnswersDoNotDependOnWhatIsAskedBeside) {
  std::vector<Ids> one_by_one;
  for (const PromptGroup& group : groups_) {
    for (const Ids& tail : group.tails)
      one_by_one.push_back(generate(*model_, {{group.prefix_ids, {}, {tail}}}, up_to(5)).at(0));
  }
  EXPECT_EQ(generate(*model_, groups_, up_to(5)), one_by_one);
}

TEST_P(Generation, EndsAnAnswerAtTheEndTokenAndGoesOnWithTheOthers) {
  const std::vector<Ids> whole = generate(*model_, groups_, up_to(8));
  const int64_t end = whole[0][2];  // some token that is generated
  GenerationOptions options = up_to(8);
  options.end_tokens = {end};
  const std::vector<Ids> answers = generate(*model_, groups_, options);
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(answers[i], Ids(whole[i].begin(), std::find(whole[i].begin(), whole[i].end(), end)))
        << "answer " << i;
  }
}

TEST_P(Generation, APictureStandsWhereItsPlaceholdersAre) {
  const at::Tensor picture = random_tensor({1, 2, 16}, 3), other = random_tensor({1, 2, 16}, 4);
  const Ids prefix{1, -200, -200};
  const auto ask = [&](const at::Tensor& projected) { return PromptGroup{prefix, projected, {{5}, {6, 7}}}; };
  const std::vector<Ids> both = generate(*model_, {ask(picture), ask(other)}, up_to(6));
  const std::vector<Ids> first = generate(*model_, {ask(picture)}, up_to(6));
  const std::vector<Ids> second = generate(*model_, {ask(other)}, up_to(6));
  EXPECT_EQ(both, (std::vector<Ids>{first[0], first[1], second[0], second[1]}));
  EXPECT_NE(first, second);
}

TEST_P(Generation, TextBeforeThePictureGoesThroughTheModelOnce) {
  std::vector<PromptGroup> groups;
  for (uint64_t picture = 0; picture < 5; ++picture) {
    const Ids opening = picture == 3 ? Ids{4, 1} : Ids{1, 2, 3};
    groups.push_back({opening, random_tensor({1, 2, 16}, 3 + picture), {{5}, {6, 7}}});
    groups.back().prefix_ids.insert(groups.back().prefix_ids.end(), {-200, -200});
  }
  std::vector<Ids> one_by_one;
  for (const PromptGroup& group : groups)
    for (const Ids& answer : generate(*model_, {group}, up_to(6))) one_by_one.push_back(answer);
  EXPECT_EQ(generate(*model_, groups, up_to(6)), one_by_one);

  size_t next = 0;
  const auto source = [&]() -> std::optional<PromptGroup> {
    return next == groups.size() ? std::nullopt : std::optional(groups[next++]);
  };
  const auto rows = generate(*model_, up_to(1), source, [](size_t, size_t, const Ids&) {}).rows;
  EXPECT_EQ(rows, 3 + 2 + 3 + 5 * (2 + 1 + 2));  // each change of the opening, then pictures and tails

  // Where memory has room for one question alone, the opening is not kept beside it.
  GenerationOptions narrow = up_to(6);
  const TextConfig& config = model_->config();
  narrow.kv_bytes =
      2 * PageShape{config.num_hidden_layers, config.num_key_value_heads, config.head_dim}.bytes();
  EXPECT_EQ(generate(*model_, groups, narrow), one_by_one);
}

TEST_P(Generation, NothingAskedIsNothingAnswered) {
  EXPECT_TRUE(generate(*model_, {}, up_to(4)).empty());
}

TEST_P(Generation, AStopConditionEndsAnAnswerAndKeepsItsLastToken) {
  const std::vector<Ids> whole = generate(*model_, groups_, up_to(8));
  GenerationOptions options = up_to(8);
  options.stop = [](std::span<const int64_t> answer) { return answer.size() == 3; };
  const std::vector<Ids> answers = generate(*model_, groups_, options);
  for (size_t i = 0; i < whole.size(); ++i)
    EXPECT_EQ(answers[i], Ids(whole[i].begin(), whole[i].begin() + 3));
}

/// Logits of every prompt's last token, the passes packed in the given order and size.
std::vector<at::Tensor> logits_in_passes(TextModel& model, const std::vector<PromptGroup>& groups,
                                         const std::vector<size_t>& order, size_t groups_a_pass) {
  PagedDecoder decoder(model, -200, 1 << 26);
  std::vector<at::Tensor> logits(groups.size());
  for (size_t begin = 0; begin < order.size(); begin += groups_a_pass) {
    const size_t end = std::min(order.size(), begin + groups_a_pass);
    std::vector<std::unique_ptr<Segment>> segments;
    std::vector<Feed> feeds;
    for (size_t i = begin; i < end; ++i) {
      const PromptGroup& group = groups[order[i]];
      const Segment* prefix = nullptr;
      if (!group.prefix_ids.empty()) {
        segments.push_back(std::make_unique<Segment>(decoder.pool(), 64));
        prefix = segments.back().get();
        feeds.push_back({group.prefix_ids, group.projected, segments.back().get(), nullptr, 0});
      }
      for (const Ids& tail : group.tails) {
        segments.push_back(std::make_unique<Segment>(decoder.pool(), 64));
        feeds.push_back({tail, {}, segments.back().get(), prefix, 1});
      }
    }
    const at::Tensor all = decoder.run(feeds);
    int64_t row = 0;
    for (size_t i = begin; i < end; ++i) {
      const auto count = static_cast<int64_t>(groups[order[i]].tails.size());
      logits[order[i]] = all.slice(0, row, row + count).clone();
      row += count;
    }
  }
  return logits;
}

TEST_P(Generation, TextThatIsLookedUpHasTheBitsOfTextThatIsComputed) {
  at::set_num_threads(1);
  // The same embeddings once as tokens, whose part in the first block may be looked up, and once as a
  // picture.
  const Ids text{3, 4, 5, 4, 9};
  const PromptGroup as_text{text, {}, {{6, 7}, {8}}};
  const PromptGroup as_picture{Ids(text.size(), -200),
                               model_->embed(at::tensor(text, at::kLong)).unsqueeze(0), as_text.tails};
  const std::vector<at::Tensor> logits = logits_in_passes(*model_, {as_text, as_picture}, {0, 1}, 1);
  EXPECT_TRUE(at::equal(logits[0], logits[1]));
}

TEST_P(Generation, LogitsAreTheSameBitsInAnyOrderAndBatch) {
  at::set_num_threads(1);
  const std::vector<PromptGroup> groups = random_groups(24, 5);
  std::vector<size_t> order(groups.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const std::vector<at::Tensor> one_by_one = logits_in_passes(*model_, groups, order, 1);
  for (const size_t groups_a_pass : {2, 3, 5, 7, 11, 24}) {
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return counter_random(groups_a_pass, 0, a) < counter_random(groups_a_pass, 0, b);
    });
    const std::vector<at::Tensor> logits = logits_in_passes(*model_, groups, order, groups_a_pass);
    for (size_t g = 0; g < groups.size(); ++g)
      EXPECT_TRUE(at::equal(logits[g], one_by_one[g]))
          << "group " << g << " of " << groups_a_pass << " a pass";
  }
}

TEST_P(Generation, AnswersAreTheSameInAnyOrderRowsAndMemory) {
  at::set_num_threads(1);
  const std::vector<PromptGroup> groups = random_groups(30, 9);
  const std::vector<Ids> answers = generate(*model_, groups, up_to(20));
  std::vector<PromptGroup> backwards(groups.rbegin(), groups.rend());
  for (const int64_t rows : {1, 17, 100, 10'000}) {
    for (const int64_t kv_bytes : {120'000, 300'000, 1 << 26}) {
      GenerationOptions options = up_to(20);
      options.rows = rows;
      options.kv_bytes = kv_bytes;
      EXPECT_EQ(generate(*model_, groups, options), answers) << rows << " rows, " << kv_bytes << " bytes";
    }
  }
  const std::vector<Ids> reversed = generate(*model_, backwards, up_to(20));
  size_t begin = 0, end = reversed.size();
  for (const PromptGroup& group : groups) {
    end -= group.tails.size();
    for (size_t q = 0; q < group.tails.size(); ++q) EXPECT_EQ(reversed[end + q], answers[begin + q]);
    begin += group.tails.size();
  }
}

TEST_P(Generation, DrawnAnswersFollowTheSeedAndTheQuestionAlone) {
  at::set_num_threads(1);
  const std::vector<PromptGroup> groups = random_groups(12, 3);
  GenerationOptions options = up_to(10);
  options.choice = {1.5, 42};
  const std::vector<Ids> answers = generate(*model_, groups, options);
  EXPECT_NE(answers, generate(*model_, groups, up_to(10)));
  options.rows = 30;
  EXPECT_EQ(generate(*model_, groups, options), answers);
  options.choice.seed = 43;
  EXPECT_NE(generate(*model_, groups, options), answers);
}

TEST_P(Generation, MemoryForKeysAndValuesStaysWithinTheBudget) {
  const std::vector<PromptGroup> groups = random_groups(40, 2);
  GenerationOptions options = up_to(12);
  options.kv_bytes = 150'000;
  size_t next = 0, answered = 0;
  const GenerationStatistics statistics = generate(
      *model_, options,
      [&]() -> std::optional<PromptGroup> {
        return next == groups.size() ? std::nullopt : std::optional(groups[next++]);
      },
      [&](size_t, size_t, const Ids&) { ++answered; });
  EXPECT_LE(statistics.kv_bytes, options.kv_bytes);
  EXPECT_GT(statistics.kv_bytes, options.kv_bytes / 2);
  EXPECT_GT(answered, groups.size());
}

TEST_P(Generation, AQuestionLargerThanTheBudgetIsRefused) {
  GenerationOptions options = up_to(12);
  options.kv_bytes = 3'000;
  EXPECT_THROW((void)generate(*model_, groups_, options), Error);
}

INSTANTIATE_TEST_SUITE_P(Families, Generation, testing::Values(TextFamily::phi, TextFamily::llama),
                         [](const testing::TestParamInfo<TextFamily>& test) {
                           return test.param == TextFamily::phi ? "phi" : "llama";
                         });

}  // namespace
}  // namespace imp::models
