// SPDX-License-Identifier: Apache-2.0
// The GPU's form of keys, values and attention, run in the CPU's memory, against the CPU's own.
#include "models/generation/tensor_attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "models/generation/beam_search.h"
#include "models/generation/option_likelihood.h"
#include "models/generation/paged_attention.h"
#include "models/generation/paged_decoder.h"
#include "tests/models/generation/prompt_groups.h"

namespace imp::models {
namespace {

using test::Ids;
using test::largest_difference;
using test::random_groups;
using test::random_tensor;
using test::tiny_text_model;
using test::up_to;

constexpr int64_t kPages = 60;
constexpr CacheForm kForms[] = {CacheForm::by_device, CacheForm::tensors, CacheForm::tensors_whole};

/// A decoder with sequences under way, each of which has perhaps a prefix.
struct Under {
  Under(TextModel& model, CacheForm form) : decoder(model, -200, kPages * page_bytes(model, form), form) {}

  static int64_t page_bytes(TextModel& model, CacheForm form) {
    return PagedDecoder(model, -200, 1 << 20, form).pool().page_bytes();
  }

  struct Sequence {
    std::shared_ptr<Segment> prefix, own;
  };
  PagedDecoder decoder;
  std::vector<Sequence> sequences;
};

/// What happens in one pass, the same for all decoders.
class Step {
 public:
  Step(uint64_t seed, uint64_t step) : seed_(seed), step_(step) {}

  [[nodiscard]] uint64_t number(uint64_t stream, uint64_t below) const {
    return counter_random(seed_, 1000 * step_ + stream, 0) % below;
  }
  [[nodiscard]] Ids ids(uint64_t stream, uint64_t count) const {
    Ids drawn;
    for (uint64_t i = 0; i < count; ++i)
      drawn.push_back(static_cast<int64_t>(counter_random(seed_, 1000 * step_ + stream, 1 + i) % 40));
    return drawn;
  }

  /// Ends some sequences and copies others, so that free pages lie between used ones.
  void end_and_copy(Under& under) const {
    for (size_t i = under.sequences.size(); i-- > 0;) {
      const uint64_t what = number(100 + i, 8);
      if (what == 0) under.sequences.erase(under.sequences.begin() + static_cast<std::ptrdiff_t>(i));
      if (what != 1 || under.decoder.pool().available() < 6) continue;
      auto copy = std::make_shared<Segment>(under.decoder.pool(), 90);
      copy->copy_from(*under.sequences[i].own);
      under.sequences.push_back({under.sequences[i].prefix, std::move(copy)});
    }
  }

  /// Goes on with the sequences, by one token or several, and begins new ones with a shared prefix.
  at::Tensor run(Under& under) const {
    std::vector<Feed> feeds;
    for (size_t i = 0; i < under.sequences.size(); ++i) {
      const auto& [prefix, own] = under.sequences[i];
      const uint64_t count = number(200 + i, 4) == 0 ? 3 : 1;
      if (own->length() + static_cast<int64_t>(count) > 90) continue;
      feeds.push_back(
          {ids(300 + i, count), {}, own.get(), prefix.get(), static_cast<int64_t>(1 + number(i, count))});
    }
    for (uint64_t group = 0; group < 2 && under.decoder.pool().available() >= 18; ++group)
      begin(under, 400 + 50 * group, feeds);
    if (feeds.empty()) return at::zeros({1, 1});
    return under.decoder.run(feeds);
  }

 private:
  void begin(Under& under, uint64_t stream, std::vector<Feed>& feeds) const {
    std::shared_ptr<Segment> prefix;
    if (const uint64_t length = number(stream, 3) * 10; length > 0) {
      prefix = std::make_shared<Segment>(under.decoder.pool(), 40);
      Ids own = ids(stream + 1, length);
      own.insert(own.end(), 3, -200);
      feeds.push_back({own, random_tensor({1, 3, 16}, stream), prefix.get(), nullptr, 0});
    }
    for (uint64_t question = 0; question <= number(stream + 2, 2); ++question) {
      auto own = std::make_shared<Segment>(under.decoder.pool(), 90);
      feeds.push_back(
          {ids(stream + 3 + question, 1 + number(stream + 5 + question, 9)), {}, own.get(), prefix.get(), 1});
      under.sequences.push_back({prefix, std::move(own)});
    }
  }

  uint64_t seed_, step_;
};

class TensorForm : public testing::TestWithParam<TextFamily> {
 protected:
  const at::NoGradGuard no_grad_;
  const std::unique_ptr<TextModel> model_ = tiny_text_model(GetParam());
};

TEST_P(TensorForm, LogitsAreThoseOfTheCpusPages) {
  for (uint64_t seed = 0; seed < 6; ++seed) {
    std::vector<std::unique_ptr<Under>> all;
    for (const CacheForm form : kForms) all.push_back(std::make_unique<Under>(*model_, form));
    for (uint64_t step = 0; step < 25; ++step) {
      std::vector<at::Tensor> logits;
      for (const auto& under : all) {
        Step(seed, step).end_and_copy(*under);
        logits.push_back(Step(seed, step).run(*under));
      }
      ASSERT_EQ(logits[0].sizes(), logits[1].sizes());
      const double most = 1e-5 * std::max(1.0, logits[0].abs().max().item<double>());
      EXPECT_LT(largest_difference(logits[0], logits[1]), most) << seed << ' ' << step;
      EXPECT_LT(largest_difference(logits[0], logits[2]), most) << seed << ' ' << step;
    }
  }
}

TEST_P(TensorForm, AnswersAreThoseOfTheCpusPages) {
  const std::vector<PromptGroup> groups = random_groups(16, 9);
  const std::vector<Ids> answers = generate(*model_, groups, up_to(12));
  for (const CacheForm form : kForms) {
    for (const int64_t rows : {17, 10'000}) {
      for (const int64_t kv_bytes : {120'000, 1 << 24}) {
        GenerationOptions options = up_to(12);
        options.cache = form;
        options.rows = rows;
        options.kv_bytes = kv_bytes;
        EXPECT_EQ(generate(*model_, groups, options), answers) << rows << " rows, " << kv_bytes << " bytes";
      }
    }
  }
}

TEST_P(TensorForm, BeamsSamplesAndLikelihoodsAreThoseOfTheCpusPages) {
  const std::vector<PromptGroup> groups = random_groups(6, 4);
  std::vector<std::vector<Ids>> beams(3), samples(3);
  std::vector<std::vector<std::vector<double>>> scores(3);
  for (size_t i = 0; i < 3; ++i) {
    GenerationOptions options = up_to(7);
    options.cache = kForms[i];
    options.kv_bytes = 1 << 24;
    options.end_tokens = {5, 17};
    for (const PromptGroup& group : groups) {
      for (Ids& answer : beam_search(*model_, group, options, {3, 1.0}))
        beams[i].push_back(std::move(answer));
      const std::vector<std::vector<Ids>> choices(group.tails.size(), {{1, 2, 3}, {4}, {9, 9}});
      for (auto& one : option_log_likelihoods(*model_, group, choices, options)) scores[i].push_back(one);
    }
    options.choice = {1.3, 7};
    samples[i] = generate(*model_, groups, options);
  }
  for (const size_t i : {1, 2}) {
    EXPECT_EQ(beams[i], beams[0]);
    EXPECT_EQ(samples[i], samples[0]);
    ASSERT_EQ(scores[i].size(), scores[0].size());
    for (size_t q = 0; q < scores[i].size(); ++q)
      for (size_t o = 0; o < 3; ++o) EXPECT_NEAR(scores[i][q][o], scores[0][q][o], 1e-4);
  }
}

TEST_P(TensorForm, TextBeforeThePictureIsCopiedToEachPicture) {
  std::vector<PromptGroup> groups;
  for (uint64_t picture = 0; picture < 5; ++picture) {
    groups.push_back(
        {Ids(20 + (picture == 3 ? 1 : 0), 6), random_tensor({1, 2, 16}, 3 + picture), {{5}, {6, 7}}});
    groups.back().prefix_ids.insert(groups.back().prefix_ids.end(), {-200, -200});
  }
  const std::vector<Ids> answers = generate(*model_, groups, up_to(6));
  GenerationOptions options = up_to(6);
  options.cache = CacheForm::tensors;
  options.kv_bytes = 1 << 24;
  EXPECT_EQ(generate(*model_, groups, options), answers);
}

INSTANTIATE_TEST_SUITE_P(Families, TensorForm, testing::Values(TextFamily::phi, TextFamily::llama),
                         [](const testing::TestParamInfo<TextFamily>& test) {
                           return test.param == TextFamily::phi ? "phi" : "llama";
                         });

TEST(TensorAttention, OfGroupedHeadsAndSixteenBitNumbersIsNearThatOfTheCpusPages) {
  const at::NoGradGuard no_grad;
  const PageShape shape{1, 2, 8};
  PagedAttention pages(shape);
  TensorAttention tensors(shape, at::kBFloat16, PrefixForm::apart);
  std::vector<at::Tensor> outs;
  for (CachedAttention* attention : std::initializer_list<CachedAttention*>{&pages, &tensors}) {
    PagePool pool(attention->memory(), 1 << 20);
    Segment prefix(pool, 20), first(pool, 9), second(pool, 9);
    prefix.extend(20);
    first.extend(4);
    second.extend(6);
    const std::vector<RowSpan> spans{
        {0, 20, 0, &prefix, nullptr}, {20, 4, 0, &first, &prefix}, {24, 6, 0, &second, &prefix}};
    attention->begin_pass(spans, {23, 29});
    const auto drawn = [](int64_t heads, uint64_t seed) {
      return random_tensor({30, heads, 8}, seed).to(at::kBFloat16);
    };
    const at::Tensor angles = random_tensor({30, 1, 4}, 4);
    outs.push_back(attention->attend(0, drawn(6, 1), drawn(2, 2), drawn(2, 3),
                                     {angles.cos().to(at::kBFloat16), angles.sin().to(at::kBFloat16)}, {}));
  }
  EXPECT_EQ(outs[1].scalar_type(), at::kBFloat16);
  EXPECT_LT(largest_difference(outs[0].to(at::kFloat), outs[1].to(at::kFloat)), 0.05);
}

}  // namespace
}  // namespace imp::models
