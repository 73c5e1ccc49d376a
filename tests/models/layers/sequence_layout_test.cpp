// SPDX-License-Identifier: Apache-2.0
// Packing is a matter of layout: no sequence's hidden states may depend on what it is packed with.
#include "models/layers/sequence_layout.h"

#include <gtest/gtest.h>

#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::alone;
using test::ids_tensor;
using test::largest_difference;
using test::tiny_text_model;

constexpr double kRounding = 2e-5;  // float32 sums of other lengths

class PackedSequences : public testing::TestWithParam<TextFamily> {
 protected:
  const at::NoGradGuard no_grad_;
  const std::unique_ptr<TextModel> model_ = tiny_text_model(GetParam());
};

TEST_P(PackedSequences, GiveWhatEachGivesAlone) {
  const std::vector<std::vector<int64_t>> sequences{{1, 2, 3, 4, 5}, {6}, {7, 8, 9}, {5, 4, 3, 2, 1}};
  std::vector<int64_t> ids, lengths;
  std::vector<at::Tensor> expected;
  for (const std::vector<int64_t>& sequence : sequences) {
    ids.insert(ids.end(), sequence.begin(), sequence.end());
    lengths.push_back(static_cast<int64_t>(sequence.size()));
    expected.push_back(alone(*model_, sequence));
  }
  const at::Tensor embeds = model_->embed(ids_tensor(ids));
  const at::Tensor packed =
      model_->hidden_states(embeds, pack_sequences(lengths, {}, embeds.options()), nullptr, {});
  EXPECT_LT(largest_difference(packed, at::cat(expected)), kRounding);
}

TEST_P(PackedSequences, ALaterTokenChangesNoEarlierOne) {
  const at::Tensor before = alone(*model_, {1, 2, 3, 4});
  const at::Tensor after = alone(*model_, {1, 2, 3, 30});
  EXPECT_LT(largest_difference(before.slice(0, 0, 3), after.slice(0, 0, 3)), kRounding);
  EXPECT_GT(largest_difference(before[3], after[3]), 1e-3);
}

TEST_P(PackedSequences, OnlyTheSelectedTokensAreComputed) {
  const at::Tensor embeds = model_->embed(ids_tensor({1, 2, 3, 4, 5, 6}));
  const SequenceLayout layout = pack_sequences({4, 2}, {}, embeds.options());
  const at::Tensor all = model_->hidden_states(embeds, layout, nullptr, {});
  const at::Tensor some = model_->hidden_states(embeds, layout, nullptr, ids_tensor({5, 0, 3}));
  EXPECT_LT(largest_difference(some, all.index_select(0, ids_tensor({5, 0, 3}))), kRounding);
}

TEST_P(PackedSequences, IsolatedTurnsGiveWhatEachTurnGivesAlone) {
  const std::vector<int64_t> prefix{11, 12, 13}, other_prefix{14};
  const std::vector<std::vector<int64_t>> turns{{1, 2}, {3}, {4, 5, 6, 7}}, other_turns{{8, 9}, {10}};
  std::vector<int64_t> ids, lengths;
  std::vector<std::vector<int32_t>> turn_of;
  std::vector<std::pair<int64_t, at::Tensor>> expected;
  const auto add_row = [&](const std::vector<int64_t>& shared,
                           const std::vector<std::vector<int64_t>>& asked) {
    const auto start = static_cast<int64_t>(ids.size());
    std::vector<int32_t> of(shared.size(), 0);
    ids.insert(ids.end(), shared.begin(), shared.end());
    int32_t number = 0;
    for (const std::vector<int64_t>& turn : asked) {
      std::vector<int64_t> single = shared;
      single.insert(single.end(), turn.begin(), turn.end());
      expected.emplace_back(static_cast<int64_t>(ids.size()),
                            alone(*model_, single).slice(0, static_cast<int64_t>(shared.size())));
      ids.insert(ids.end(), turn.begin(), turn.end());
      of.insert(of.end(), turn.size(), ++number);
    }
    lengths.push_back(static_cast<int64_t>(ids.size()) - start);
    turn_of.push_back(std::move(of));
  };
  add_row(prefix, turns);
  add_row(other_prefix, other_turns);
  const at::Tensor embeds = model_->embed(ids_tensor(ids));
  const at::Tensor packed =
      model_->hidden_states(embeds, pack_sequences(lengths, turn_of, embeds.options()), nullptr, {});
  for (const auto& [start, turn] : expected) {
    EXPECT_LT(largest_difference(packed.slice(0, start, start + turn.size(0)), turn), kRounding)
        << "turn at token " << start;
  }
}

TEST_P(PackedSequences, PrefillAndDecodingGiveWhatOneForwardPassGives) {
  const std::vector<std::vector<int64_t>> sequences{{1, 2, 3, 4, 5, 6, 7}, {8, 9, 10, 11, 12}};
  const std::vector<int64_t> prefixes{4, 1};  // the second leaves holes in the cache
  std::vector<int64_t> ids;
  for (size_t b = 0; b < 2; ++b)
    ids.insert(ids.end(), sequences[b].begin(), sequences[b].begin() + prefixes[b]);
  const at::Tensor embeds = model_->embed(ids_tensor(ids));
  KvCache cache;
  (void)model_->hidden_states(embeds, pack_sequences(prefixes, {}, embeds.options()), &cache, {});
  cache.valid = at::arange(4).unsqueeze(0) < ids_tensor(prefixes).unsqueeze(1);

  std::vector<int64_t> position = prefixes;
  // First a step of unequal lengths (2 and 3 tokens), then one of a token each.
  for (const std::vector<int64_t>& lengths : {std::vector<int64_t>{2, 3}, std::vector<int64_t>{1, 1}}) {
    std::vector<int64_t> fresh;
    for (size_t b = 0; b < 2; ++b) {
      for (int64_t t = 0; t < lengths[b]; ++t)
        fresh.push_back(sequences[b][static_cast<size_t>(position[b] + t)]);
    }
    const at::Tensor step = model_->embed(ids_tensor(fresh));
    const at::Tensor hidden = model_->hidden_states(
        step, extend_sequences(lengths, position, cache.valid, step.options()), &cache, {});
    const int64_t width = std::max(lengths[0], lengths[1]);
    cache.valid =
        at::cat({cache.valid, at::arange(width).unsqueeze(0) < ids_tensor(lengths).unsqueeze(1)}, 1);
    int64_t row = 0;
    for (size_t b = 0; b < 2; ++b) {
      const at::Tensor whole = alone(*model_, sequences[b]);
      EXPECT_LT(largest_difference(hidden.slice(0, row, row + lengths[b]),
                                   whole.slice(0, position[b], position[b] + lengths[b])),
                kRounding);
      row += lengths[b];
      position[b] += lengths[b];
    }
  }
}

TEST_P(PackedSequences, RowsOfACacheCanBeChosenAndRepeated) {
  const at::Tensor embeds = model_->embed(ids_tensor({1, 2, 3, 4}));
  KvCache cache;
  (void)model_->hidden_states(embeds, pack_sequences({2, 2}, {}, embeds.options()), &cache, {});
  cache.valid = at::ones({2, 2}, at::kBool);
  KvCache chosen = cache.select(ids_tensor({1, 1, 0}));
  const at::Tensor step = model_->embed(ids_tensor({9, 10, 9}));
  const at::Tensor hidden = model_->hidden_states(
      step, extend_sequences({1, 1, 1}, {2, 2, 2}, chosen.valid, step.options()), &chosen, {});
  EXPECT_LT(largest_difference(hidden[0], alone(*model_, {3, 4, 9})[2]), kRounding);
  EXPECT_LT(largest_difference(hidden[1], alone(*model_, {3, 4, 10})[2]), kRounding);
  EXPECT_LT(largest_difference(hidden[2], alone(*model_, {1, 2, 9})[2]), kRounding);
}

INSTANTIATE_TEST_SUITE_P(Families, PackedSequences, testing::Values(TextFamily::phi, TextFamily::llama),
                         [](const testing::TestParamInfo<TextFamily>& test) {
                           return test.param == TextFamily::phi ? "phi" : "llama";
                         });

}  // namespace
}  // namespace imp::models
