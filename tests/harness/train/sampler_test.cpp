// SPDX-License-Identifier: Apache-2.0
#include "harness/train/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "models/io/error.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace {

using Rows = std::vector<int64_t>;

Rows counted(size_t count) {
  Rows rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// Lengths 1..40, negative (no picture) in a share of about `text_only`.
Rows random_lengths(size_t count, double text_only, uint64_t seed) {
  Rows lengths;
  for (size_t i = 0; i < count; ++i) {
    const auto length = static_cast<int64_t>(1 + counter_random(seed, 0, i) % 40);
    const double draw = static_cast<double>(counter_random(seed, 1, i) % 1000) / 1000;
    lengths.push_back(draw < text_only ? -length : length);
  }
  return lengths;
}

TEST(Sampler, EveryOrderIsAPermutationOfTheRows) {
  for (const Sampler sampler : {Sampler::modality_length, Sampler::shuffle, Sampler::sequential}) {
    for (const size_t count : {1, 7, 16, 100}) {
      for (const double text_only : {0.0, 0.3, 1.0}) {
        for (const int64_t devices : {1, 2}) {
          const Rows order = epoch_order(sampler, random_lengths(count, text_only, count), 8, devices, 5, 2);
          EXPECT_EQ(sorted(order), counted(count));
        }
      }
    }
  }
}

TEST(Sampler, ShuffleIsAFunctionOfSeedAndEpoch) {
  const Rows lengths = random_lengths(50, 0.0, 1);
  const auto order = [&](uint64_t seed, int64_t epoch) {
    return epoch_order(Sampler::shuffle, lengths, 8, 1, seed, epoch);
  };
  EXPECT_EQ(order(1, 0), order(1, 0));
  EXPECT_NE(order(1, 0), order(1, 1));
  EXPECT_NE(order(1, 0), order(2, 0));
  EXPECT_NE(order(1, 0), counted(50));
}

TEST(Sampler, SequentialIsTheFilesOrder) {
  EXPECT_EQ(epoch_order(Sampler::sequential, {3, -1, 2}, 2, 1, 9, 4), counted(3));
}

TEST(Sampler, APermutationPrefersNoPlace) {
  // Row 0 of 5 over 5,000 seeds: each place about 1,000 times (standard deviation 28).
  std::vector<int> count(5);
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    const Rows order = random_permutation(5, seed, 3);
    ++count[static_cast<size_t>(std::find(order.begin(), order.end(), 0) - order.begin())];
  }
  for (const int times : count) EXPECT_NEAR(times, 1000, 140);
}

// LLaVA's group_by_modality_length, stated again from its description.
class ModalityLength : public testing::TestWithParam<std::tuple<size_t, double, int64_t>> {};

TEST_P(ModalityLength, IsWhatTheRecipeSays) {
  const auto [count, text_only, devices] = GetParam();
  const int64_t batch = 8;
  const Rows lengths = random_lengths(count, text_only, 77 + count);
  const Rows order = epoch_order(Sampler::modality_length, lengths, batch, devices, 3, 1);
  const auto is_text = [&](int64_t row) { return lengths[static_cast<size_t>(row)] < 0; };
  const auto length = [&](int64_t row) { return std::abs(lengths[static_cast<size_t>(row)]); };
  const auto texts = std::count_if(lengths.begin(), lengths.end(), [](int64_t l) { return l < 0; });
  const auto pictures = static_cast<int64_t>(count) - texts;

  // "cut into megabatches": of one kind each, but for the ragged rest at the end.
  const bool both = texts > 0 && pictures > 0;
  const auto rest_of = [&](int64_t rows) { return rows % batch == 0 ? batch : rows % batch; };
  const int64_t rest = both ? rest_of(texts) + rest_of(pictures) : rest_of(static_cast<int64_t>(count));
  const int64_t full = static_cast<int64_t>(count) - rest;
  ASSERT_EQ(full % batch, 0);
  for (int64_t start = 0; start < full; start += batch) {
    const Rows mega(order.begin() + start, order.begin() + start + batch);
    for (const int64_t row : mega) EXPECT_EQ(is_text(row), is_text(mega[0])) << "megabatch at " << start;
    // "sorted by length descending and dealt to ranks evenly (next row to the shortest chunk, chunk closed at
    // its size)"
    Rows falling = mega;
    std::sort(falling.begin(), falling.end(), [&](int64_t a, int64_t b) { return length(a) > length(b); });
    std::vector<Rows> chunk_lengths(static_cast<size_t>(devices));
    for (const int64_t row : falling) {
      int64_t best = -1;
      for (int64_t d = 0; d < devices; ++d) {
        const auto& lengths_there = chunk_lengths[static_cast<size_t>(d)];
        if (static_cast<int64_t>(lengths_there.size()) == batch / devices) continue;
        const auto sum = [&](int64_t which) {
          const Rows& c = chunk_lengths[static_cast<size_t>(which)];
          return std::accumulate(c.begin(), c.end(), int64_t{0});
        };
        if (best < 0 || sum(d) < sum(best)) best = d;
      }
      chunk_lengths[static_cast<size_t>(best)].push_back(length(row));
    }
    Rows expected, found;
    for (const Rows& chunk : chunk_lengths) expected.insert(expected.end(), chunk.begin(), chunk.end());
    for (const int64_t row : mega) found.push_back(length(row));
    EXPECT_EQ(found, expected) << "megabatch at " << start;
  }
  // "the two ragged last ones are merged, sorted by index and put at the end"
  if (both) {
    EXPECT_TRUE(std::is_sorted(order.begin() + full, order.end()));
  }
  // "megabatches of both kinds are shuffled together": the kinds do not come one after the other.
  if (both && count >= 200) {
    int changes = 0;
    for (int64_t start = batch; start < full; start += batch) {
      changes +=
          is_text(order[static_cast<size_t>(start)]) != is_text(order[static_cast<size_t>(start - batch)])
              ? 1
              : 0;
    }
    EXPECT_GT(changes, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Mixes, ModalityLength,
                         testing::Combine(testing::Values<size_t>(20, 64, 203),
                                          testing::Values(0.0, 0.4, 1.0), testing::Values<int64_t>(1, 2, 4)));

TEST(Sampler, AnUnknownNameIsRefused) {
  EXPECT_THROW((void)parse_sampler("random"), Error);
}

}  // namespace
}  // namespace imp::harness
