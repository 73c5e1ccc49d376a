// SPDX-License-Identifier: Apache-2.0
#include "models/layers/page_attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "models/layers/cpu_kernels.h"
#include "models/layers/vector_math.h"

namespace imp::models {
namespace {

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

/// Hides all but the first `seen` scores of a page.
inline void hide_unseen(float* scores, int64_t seen) {
  for (int64_t token = std::max<int64_t>(seen, 0); token < kPageTokens; ++token)
    scores[token] = -std::numeric_limits<float>::infinity();
}

/// Scores of QUERIES queries for the tokens of one page.
template <int QUERIES, typename V>
[[gnu::always_inline]] inline void score_page(const Job& job, int64_t page, int64_t width) {
  constexpr int kParts = static_cast<int>(kPageTokens / kLanes<V>);
  const PageQueries& queries = job.queries;
  const float* const keys = queries.pages[page] + queries.head_offset;
  V sums[QUERIES][kParts] = {};
  for (int64_t d = 0; d < job.dim; ++d) {
    V key[kParts];
#pragma GCC unroll 4
    for (int part = 0; part < kParts; ++part) load(key[part], keys + d * kPageTokens + part * kLanes<V>);
#pragma GCC unroll 8
    for (int q = 0; q < QUERIES; ++q) {
      const float query = queries.query[q * queries.query_stride + d];
#pragma GCC unroll 4
      for (int part = 0; part < kParts; ++part) sums[q][part] += query * key[part];
    }
  }
  const Seen seen = seen_of(queries, page);
#pragma GCC unroll 8
  for (int q = 0; q < QUERIES; ++q) {
    float* const scores = queries.scores + q * width + page * kPageTokens;
#pragma GCC unroll 4
    for (int part = 0; part < kParts; ++part) store(scores + part * kLanes<V>, sums[q][part] * job.scale);
    if (seen.tokens + q * seen.more < kPageTokens) hide_unseen(scores, seen.tokens + q * seen.more);
  }
}

/// The largest of a query's scores.
template <typename V>
[[gnu::always_inline]] inline float largest_score(const float* scores, int64_t width) {
  V largest;
  load(largest, scores);
  for (int64_t place = kLanes<V>; place < width; place += kLanes<V>) {
    V score;
    load(score, scores + place);
    largest = score > largest ? score : largest;
  }
  return largest_of(largest);
}

/// Scores to weights e^(score - largest), in place; returns one over their sum.
template <typename V>
[[gnu::always_inline]] inline float weigh(float* scores, int64_t width, float largest) {
  V sums = {};
  for (int64_t place = 0; place < width; place += kLanes<V>) {
    V weight;
    load(weight, scores + place);
    weight -= largest;
    exponential(weight);
    store(scores + place, weight);
    sums += weight;
  }
  return 1.0F / sum_of(sums);
}

/// VECTORS vectors of the values' channels, weighted, from `channel` on.
template <int QUERIES, int VECTORS, typename V>
[[gnu::always_inline]] inline void mix(const Job& job, int64_t width, int64_t channel, const float* inverse) {
  const PageQueries& queries = job.queries;
  V sums[QUERIES][VECTORS] = {};
  for (int64_t page = 0; page < width / kPageTokens; ++page) {
    const Seen seen = seen_of(queries, page);
    const int64_t tokens = std::min(seen.tokens + (QUERIES - 1) * seen.more, kPageTokens);
    const float* const values = queries.pages[page] + queries.head_offset + kPageTokens * job.dim + channel;
    const float* const weights = queries.scores + page * kPageTokens;
    for (int64_t t = 0; t < tokens; ++t) {
      V value[VECTORS];
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; ++v) load(value[v], values + t * job.value_stride + v * kLanes<V>);
#pragma GCC unroll 8
      for (int q = 0; q < QUERIES; ++q) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v) sums[q][v] += weights[q * width + t] * value[v];
      }
    }
  }
  for (int q = 0; q < QUERIES; ++q) {
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t at = channel + v * kLanes<V>, lanes = std::min(kLanes<V>, job.dim - at);
      const V mixed = sums[q][v] * inverse[q];
      float* const out = queries.out + q * queries.out_stride + at;
      if (lanes == kLanes<V>) {
        store(out, mixed);
      } else {
        for (int64_t lane = 0; lane < lanes; ++lane) out[lane] = mixed[lane];
      }
    }
  }
}

/// As many queries as go through the pages together.
template <int QUERIES, int VECTORS, typename V>
[[gnu::always_inline]] inline void attend_tile(const Job& job) {
  const int64_t width = job.queries.num_pages() * kPageTokens;
  for (int64_t page = 0; page < width / kPageTokens; ++page) score_page<QUERIES, V>(job, page, width);
  // Each step for all queries: one query's wait for the step before is another's work.
  float largest[QUERIES], inverse[QUERIES];
  for (int q = 0; q < QUERIES; ++q) largest[q] = largest_score<V>(job.queries.scores + q * width, width);
  for (int q = 0; q < QUERIES; ++q) inverse[q] = weigh<V>(job.queries.scores + q * width, width, largest[q]);
  int64_t channel = 0;
  for (; channel + VECTORS * kLanes<V> <= job.value_stride; channel += VECTORS * kLanes<V>)
    mix<QUERIES, VECTORS, V>(job, width, channel, inverse);
  for (; channel < job.value_stride; channel += kLanes<V>) mix<QUERIES, 1, V>(job, width, channel, inverse);
}

/// All queries of a tile, at most MOST.
template <int MOST, int VECTORS, typename V>
[[gnu::always_inline]] inline void attend_at_most(const Job& job) {
  if (job.queries.queries == MOST) {
    attend_tile<MOST, VECTORS, V>(job);
  } else if constexpr (MOST > 1) {
    attend_at_most<MOST - 1, VECTORS, V>(job);
  }
}

/// Tiles of MOST queries, the last of as many as are left.
template <int MOST, int VECTORS, int BYTES>
[[gnu::always_inline]] inline void attend_all(const Job& job) {
  Job tile = job;
  for (int64_t begin = 0; begin < job.queries.queries; begin += MOST) {
    tile.queries.queries = std::min<int64_t>(MOST, job.queries.queries - begin);
    tile.queries.query = job.queries.query + begin * job.queries.query_stride;
    tile.queries.out = job.queries.out + begin * job.queries.out_stride;
    if (job.queries.first_seen != 0) tile.queries.first_seen = job.queries.first_seen + begin;
    attend_at_most<MOST, VECTORS, typename Vector<BYTES>::Type>(tile);
  }
}

constexpr int64_t kSquare = 4;

/// Four tokens' four channels [token, channel] to [channel, token of a page].
inline void transpose_square(const float* from, int64_t stride, float* to) {
  using Four = Vector<16>::Type;
  using Order [[gnu::vector_size(16)]] = int32_t;
  constexpr Order kLow = {0, 4, 1, 5}, kHigh = {2, 6, 3, 7}, kFirst = {0, 1, 4, 5}, kSecond = {2, 3, 6, 7};
  Four a, b, c, d;
  load(a, from);
  load(b, from + stride);
  load(c, from + 2 * stride);
  load(d, from + 3 * stride);
  const Four ab_low = __builtin_shuffle(a, b, kLow), cd_low = __builtin_shuffle(c, d, kLow);
  const Four ab_high = __builtin_shuffle(a, b, kHigh), cd_high = __builtin_shuffle(c, d, kHigh);
  store(to, Four(__builtin_shuffle(ab_low, cd_low, kFirst)));
  store(to + kPageTokens, Four(__builtin_shuffle(ab_low, cd_low, kSecond)));
  store(to + 2 * kPageTokens, Four(__builtin_shuffle(ab_high, cd_high, kFirst)));
  store(to + 3 * kPageTokens, Four(__builtin_shuffle(ab_high, cd_high, kSecond)));
}

using Attend = void (*)(const Job& job);

[[gnu::target("avx512f,fma")]] void attend_avx512(const Job& job) {
  attend_all<kMostQueries, 2, 64>(job);
}

[[gnu::target("avx2,fma")]] void attend_avx2(const Job& job) {
  attend_all<4, 2, 32>(job);
}

void attend_portable(const Job& job) {
  attend_all<2, 2, 16>(job);
}

}  // namespace

void write_tokens(const PageShape& shape, const TokensOfHead& tokens, int64_t first, float* head) {
  float* const keys = head + first;
  float* const values = head + kPageTokens * shape.head_dim + first * shape.value_stride();
  int64_t token = 0;
  for (; token + kSquare <= tokens.count; token += kSquare) {
    int64_t d = 0;
    for (; d + kSquare <= shape.head_dim; d += kSquare)
      transpose_square(tokens.key + token * tokens.key_stride + d, tokens.key_stride,
                       keys + d * kPageTokens + token);
    for (; d < shape.head_dim; ++d) {
      for (int64_t t = token; t < token + kSquare; ++t)
        keys[d * kPageTokens + t] = tokens.key[t * tokens.key_stride + d];
    }
  }
  for (; token < tokens.count; ++token) {
    for (int64_t d = 0; d < shape.head_dim; ++d)
      keys[d * kPageTokens + token] = tokens.key[token * tokens.key_stride + d];
  }
  for (token = 0; token < tokens.count; ++token)
    copy_channels(tokens.value + token * tokens.value_stride, shape.head_dim,
                  values + token * shape.value_stride());
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
