// SPDX-License-Identifier: Apache-2.0
#include "models/layers/page_attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "models/layers/vector_math.h"

namespace imp::models {
namespace {

static_assert(kPageTokens == kLanes, "a vector below holds one value for each token of a page");
constexpr int64_t kMostQueries = 8;  ///< that go through a page together

struct Job {
  PageQueries queries;
  int64_t dim, value_stride;
  float scale;
};

/// How much of a page is seen: `tokens` by the first query, `more` by each next one.
struct Seen {
  int64_t tokens, more;
};

[[gnu::always_inline]] inline Seen seen_of(const PageQueries& queries, int64_t page) {
  if (page < queries.prefix_pages) return {queries.prefix_length - page * kPageTokens, 0};
  return {queries.first_seen - (page - queries.prefix_pages) * kPageTokens, 1};
}

/// Scores of QUERIES queries for the tokens of one page.
template <int QUERIES>
[[gnu::always_inline]] inline void score_page(const Job& job, int64_t page, int64_t width, Floats* largest) {
  const PageQueries& queries = job.queries;
  const float* const keys = queries.pages[page] + queries.head_offset;
  Floats sums[QUERIES] = {};
  for (int64_t d = 0; d < job.dim; ++d) {
    Floats key;
    load(key, keys + d * kPageTokens);
#pragma GCC unroll 8
    for (int q = 0; q < QUERIES; ++q) sums[q] += queries.query[q * queries.query_stride + d] * key;
  }
  constexpr Ints kPlaces = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr float kHidden = -std::numeric_limits<float>::infinity();
  const Seen seen = seen_of(queries, page);
#pragma GCC unroll 8
  for (int q = 0; q < QUERIES; ++q) {
    const Floats hidden = Floats{} + kHidden;
    const auto limit = static_cast<int32_t>(std::min(seen.tokens + q * seen.more, kPageTokens));
    const Floats score = kPlaces < limit ? sums[q] * job.scale : hidden;
    store(queries.scores + q * width + page * kPageTokens, score);
    largest[q] = score > largest[q] ? score : largest[q];
  }
}

/// Scores to weights e^(score - largest), in place; returns one over their sum.
[[gnu::always_inline]] inline float weigh(float* scores, int64_t width, const Floats& largest) {
  float most = largest[0];
  for (int lane = 1; lane < kLanes; ++lane) most = std::max(most, largest[lane]);
  Floats sums = {};
  for (int64_t place = 0; place < width; place += kLanes) {
    Floats weight;
    load(weight, scores + place);
    weight -= most;
    exponential(weight);
    store(scores + place, weight);
    sums += weight;
  }
  return 1.0F / sum_of(sums);
}

/// VECTORS * kLanes channels of the values, weighted, from `channel` on.
template <int QUERIES, int VECTORS>
[[gnu::always_inline]] inline void mix(const Job& job, int64_t width, int64_t channel, const float* inverse) {
  const PageQueries& queries = job.queries;
  Floats sums[QUERIES][VECTORS] = {};
  for (int64_t page = 0; page < width / kPageTokens; ++page) {
    const Seen seen = seen_of(queries, page);
    const int64_t tokens = std::min(seen.tokens + (QUERIES - 1) * seen.more, kPageTokens);
    const float* const values = queries.pages[page] + queries.head_offset + kPageTokens * job.dim + channel;
    const float* const weights = queries.scores + page * kPageTokens;
    for (int64_t t = 0; t < tokens; ++t) {
      Floats value[VECTORS];
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; ++v) load(value[v], values + t * job.value_stride + v * kLanes);
#pragma GCC unroll 8
      for (int q = 0; q < QUERIES; ++q) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v) sums[q][v] += weights[q * width + t] * value[v];
      }
    }
  }
  for (int q = 0; q < QUERIES; ++q) {
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t at = channel + v * kLanes;
      store_some(queries.out + q * queries.out_stride + at, sums[q][v] * inverse[q],
                 std::min(kLanes, job.dim - at));
    }
  }
}

/// As many queries as go through the pages together.
template <int QUERIES, int VECTORS>
[[gnu::always_inline]] inline void attend_tile(const Job& job) {
  const int64_t width = job.queries.num_pages() * kPageTokens;
  Floats largest[QUERIES];
  for (int q = 0; q < QUERIES; ++q) largest[q] = Floats{} - std::numeric_limits<float>::infinity();
  for (int64_t page = 0; page < width / kPageTokens; ++page) score_page<QUERIES>(job, page, width, largest);
  float inverse[QUERIES];
  for (int q = 0; q < QUERIES; ++q) inverse[q] = weigh(job.queries.scores + q * width, width, largest[q]);
  int64_t channel = 0;
  for (; channel + VECTORS * kLanes <= job.value_stride; channel += VECTORS * kLanes)
    mix<QUERIES, VECTORS>(job, width, channel, inverse);
  for (; channel < job.value_stride; channel += kLanes) mix<QUERIES, 1>(job, width, channel, inverse);
}

/// Tiles of QUERIES queries, then of half as many, down to one.
template <int QUERIES, int VECTORS>
[[gnu::always_inline]] inline void attend_from(const Job& job, int64_t begin) {
  Job part = job;
  part.queries.queries = QUERIES;
  for (; begin + QUERIES <= job.queries.queries; begin += QUERIES) {
    part.queries.query = job.queries.query + begin * job.queries.query_stride;
    part.queries.out = job.queries.out + begin * job.queries.out_stride;
    if (job.queries.first_seen != 0) part.queries.first_seen = job.queries.first_seen + begin;
    attend_tile<QUERIES, VECTORS>(part);
  }
  if constexpr (QUERIES > 1) attend_from<QUERIES / 2, VECTORS>(job, begin);
}

using Attend = void (*)(const Job& job);

[[gnu::target("avx512f,fma")]] void attend_avx512(const Job& job) {
  attend_from<kMostQueries, 2>(job, 0);
}

[[gnu::target("avx2,fma")]] void attend_avx2(const Job& job) {
  attend_from<4, 1>(job, 0);
}

void attend_portable(const Job& job) {
  attend_from<2, 1>(job, 0);
}

}  // namespace

void write_token(const PageShape& shape, const float* key, const float* value, int64_t token_of_page,
                 float* head) {
  for (int64_t d = 0; d < shape.head_dim; ++d) head[d * kPageTokens + token_of_page] = key[d];
  std::copy_n(value, shape.head_dim,
              head + kPageTokens * shape.head_dim + token_of_page * shape.value_stride());
}

int64_t attention_scores(int64_t pages) {
  return kMostQueries * kPageTokens * pages;
}

void attend_pages(const PageShape& shape, const PageQueries& queries) {
  static const Attend attend = fastest_of(attend_avx512, attend_avx2, attend_portable);
  attend(
      {queries, shape.head_dim, shape.value_stride(), 1.0F / std::sqrt(static_cast<float>(shape.head_dim))});
}

}  // namespace imp::models
