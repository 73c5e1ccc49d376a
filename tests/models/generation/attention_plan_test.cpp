// SPDX-License-Identifier: Apache-2.0
// What each row of a pass sees according to the index tables of its attention, against its definition.
#include "models/generation/attention_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "models/io/hash.h"

namespace imp::models {
namespace {

/// Pages without memory behind them.
class NoMemory : public PageMemory {
 public:
  [[nodiscard]] int64_t page_bytes() const override { return 1; }
  [[nodiscard]] bool likes_runs() const override { return true; }
  void reserve(int64_t) override {}
  void copy(const std::vector<int32_t>&, const std::vector<int32_t>&, int64_t) override {}
};

/// One span of a pass, in numbers: prefix is a place in Case::prefixes, -1 for none.
struct SpanCase {
  int64_t start, count;
  int prefix = -1;
  int64_t selected = 0;  ///< its last so many rows
};

struct Case {
  const char* name;
  std::vector<int64_t> prefixes;  ///< their lengths
  std::vector<SpanCase> spans;
  bool scattered = false;
};

const std::vector<Case> kCases{
    {"one prompt", {}, {{0, 5, -1, 1}}},
    {"two prompts", {}, {{0, 5, -1, 1}, {0, 17, -1, 2}}},
    {"a prompt that goes on", {}, {{33, 3, -1, 3}}},
    {"single tokens", {}, {{15, 1, -1, 1}, {16, 1, -1, 1}, {40, 1, -1, 1}}},
    {"tails of one picture", {20}, {{0, 4, 0, 1}, {0, 2, 0, 1}, {0, 7, 0, 1}}},
    {"tails of two pictures", {20, 16}, {{0, 4, 0, 1}, {0, 2, 0, 1}, {0, 7, 1, 1}}},
    {"single tokens of two pictures", {20, 3}, {{9, 1, 0, 1}, {30, 1, 0, 1}, {4, 1, 1, 1}}},
    {"all kinds",
     {20, 35},
     {{0, 20, -1, 0},
      {0, 3, -1, 1},
      {0, 4, 0, 1},
      {0, 2, 0, 1},
      {0, 1, 1, 1},
      {5, 1, 1, 1},
      {8, 2, 0, 2},
      {2, 1, 0, 1},
      {30, 9, -1, 0},
      {1, 1, -1, 1}}},
    {"options of a question", {20}, {{12, 3, 0, 3}, {12, 1, 0, 1}, {12, 5, 0, 5}}},
    {"nothing selected of some",
     {20},
     {{0, 6, -1, 0}, {0, 3, 0, 0}, {0, 4, 0, 1}, {7, 2, 0, 0}, {7, 2, 0, 1}}},
    {"scattered pages", {40}, {{0, 4, 0, 1}, {35, 1, 0, 1}, {20, 14, -1, 1}, {0, 40, -1, 1}}, true},
};

/// A case with its segments.
class Laid {
 public:
  explicit Laid(const Case& one) {
    if (one.scattered) scatter();
    for (const int64_t length : one.prefixes) prefixes_.push_back(segment(length));
    int64_t row = 0;
    for (const SpanCase& span : one.spans) {
      segments_.push_back(segment(span.start + span.count));
      spans.push_back({row, span.count, span.start, segments_.back().get(),
                       span.prefix < 0 ? nullptr : prefixes_[static_cast<size_t>(span.prefix)].get()});
      for (int64_t i = span.count - span.selected; i < span.count; ++i) selected.push_back(row + i);
      row += span.count;
    }
  }

  std::vector<RowSpan> spans;
  std::vector<int64_t> selected;

 private:
  std::unique_ptr<Segment> segment(int64_t tokens) {
    auto made = std::make_unique<Segment>(pool_, tokens);
    made->extend(tokens);
    return made;
  }
  /// Leaves every other page alone free.
  void scatter() {
    std::vector<std::unique_ptr<Segment>> all;
    while (pool_.available() > 0) all.push_back(segment(1));
    for (size_t i = 0; i < all.size(); i += 2) between_.push_back(std::move(all[i]));
  }

  NoMemory memory_;
  PagePool pool_{memory_, 64};
  std::vector<std::unique_ptr<Segment>> between_, prefixes_, segments_;
};

/// Slots that a row sees: the prefix's, then those of its segment up to itself.
std::vector<int64_t> seen_by_definition(const std::vector<RowSpan>& spans, int64_t row) {
  for (const RowSpan& span : spans) {
    if (row < span.row || row >= span.row + span.count) continue;
    std::vector<int64_t> slots;
    for (int64_t token = 0; span.prefix != nullptr && token < span.prefix->length(); ++token)
      slots.push_back(span.prefix->slot(token));
    for (int64_t token = 0; token <= span.start + row - span.row; ++token)
      slots.push_back(span.segment->slot(token));
    return slots;
  }
  return {};
}

/// Slots that output row `row` sees in a call; none if it is not the call's.
std::vector<int64_t> seen_in(const AttentionCall& call, const std::vector<RowSpan>& spans, int64_t row) {
  const RaggedLengths& lengths = call.lengths;
  std::vector<int64_t> slots;
  for (size_t i = 0; i < lengths.key_lengths.size(); ++i) {
    const int64_t begin = call.row + lengths.query_starts[i], end = call.row + lengths.query_starts[i + 1];
    if (row < begin || row >= end) continue;
    const int64_t hidden = call.causal ? end - 1 - row : 0;
    for (int64_t k = 0; k < lengths.key_lengths[i] - hidden; ++k) {
      const int64_t place = lengths.key_starts[i] + k;
      if (call.fresh) {
        slots.push_back(seen_by_definition(spans, place).back());
      } else {
        slots.push_back(call.gathered.empty() ? place : call.gathered.at(static_cast<size_t>(place)));
      }
    }
  }
  return slots;
}

void expect_seen(const AttentionPlan& plan, const std::vector<RowSpan>& spans,
                 const std::vector<int64_t>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto out = static_cast<int64_t>(i);
    std::vector<int64_t> seen;
    for (const AttentionCall& call : plan.prefixes)
      for (const int64_t slot : seen_in(call, spans, out)) seen.push_back(slot);
    for (const AttentionCall& call : plan.own)
      for (const int64_t slot : seen_in(call, spans, out)) seen.push_back(slot);
    EXPECT_EQ(seen, seen_by_definition(spans, rows[i])) << "row " << rows[i];
  }
  int64_t covered = 0;
  for (const AttentionCall& call : plan.own) {
    EXPECT_EQ(call.row, covered);
    covered += call.rows();
  }
  EXPECT_EQ(covered, static_cast<int64_t>(rows.size()));
}

void expect_lengths(const AttentionCall& call) {
  const RaggedLengths& lengths = call.lengths;
  int64_t queries = 0, keys = 0;
  for (size_t i = 0; i < lengths.key_lengths.size(); ++i) {
    queries = std::max<int64_t>(queries, lengths.query_starts[i + 1] - lengths.query_starts[i]);
    keys = std::max<int64_t>(keys, lengths.key_lengths[i]);
  }
  EXPECT_EQ(lengths.max_queries, queries);
  EXPECT_EQ(lengths.max_keys, keys);
}

void expect_right(const Laid& laid, PrefixForm form) {
  std::vector<int64_t> all;
  for (const RowSpan& span : laid.spans)
    for (int64_t i = 0; i < span.count; ++i) all.push_back(span.row + i);
  const AttentionPlan of_all = plan_attention(asking_rows(laid.spans), form);
  const AttentionPlan of_selected = plan_attention(asking_rows(laid.spans, laid.selected), form);
  expect_seen(of_all, laid.spans, all);
  expect_seen(of_selected, laid.spans, laid.selected);
  for (const AttentionPlan* plan : {&of_all, &of_selected}) {
    for (const AttentionCall& call : plan->own) expect_lengths(call);
    for (const AttentionCall& call : plan->prefixes) expect_lengths(call);
    EXPECT_TRUE(form == PrefixForm::apart || plan->prefixes.empty());
  }
}

TEST(AttentionPlan, EachRowSeesItsPrefixAndItsSegmentUpToItself) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.name);
    const Laid laid(one);
    for (const PrefixForm form : {PrefixForm::apart, PrefixForm::gathered}) expect_right(laid, form);
  }
}

TEST(AttentionPlan, HoldsForPassesOfAllKinds) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto number = [&](uint64_t stream, uint64_t below) {
      return counter_random(seed, stream, 0) % below;
    };
    Case one{"drawn", {20, 7}, {}, number(0, 2) == 0};
    for (uint64_t i = 0; i < 1 + number(1, 6); ++i) {
      const auto count = static_cast<int64_t>(1 + number(100 + i, 4));
      one.spans.push_back({number(200 + i, 2) == 0 ? 0 : static_cast<int64_t>(number(300 + i, 20)), count,
                           static_cast<int>(number(400 + i, 3)) - 1,
                           static_cast<int64_t>(number(500 + i, static_cast<uint64_t>(count) + 1))});
    }
    SCOPED_TRACE(seed);
    const Laid laid(one);
    for (const PrefixForm form : {PrefixForm::apart, PrefixForm::gathered}) expect_right(laid, form);
  }
}

TEST(AttentionPlan, APrefixIsReadOnceForAllThatShareIt) {
  const Laid laid({"", {20}, {{0, 4, 0, 1}, {0, 2, 0, 1}, {0, 7, 0, 1}}});
  const AttentionPlan plan = plan_attention(asking_rows(laid.spans), PrefixForm::apart);
  ASSERT_EQ(plan.prefixes.size(), 1U);
  EXPECT_EQ(plan.prefixes[0].lengths.key_lengths, std::vector<int32_t>{20});
  EXPECT_TRUE(plan.prefixes[0].gathered.empty());
  EXPECT_EQ(plan.own.size(), 1U);
}

TEST(AttentionPlan, RankedSpansNeedThreeCalls) {
  Case one{"", {20, 35}, {{0, 20}, {0, 3}, {0, 4, 0}, {0, 2, 1}, {5, 1, 1}, {8, 2, 0}, {30, 9}, {1, 1}}};
  const Laid laid(one);
  const AttentionPlan plan = plan_attention(asking_rows(laid.spans), PrefixForm::apart);
  EXPECT_EQ(plan.own.size(), 2U);
  EXPECT_EQ(plan.prefixes.size(), 1U);
}

}  // namespace
}  // namespace imp::models
