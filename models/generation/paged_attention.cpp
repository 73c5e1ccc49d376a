// SPDX-License-Identifier: Apache-2.0
#include "models/generation/paged_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace imp::models {
namespace {

static_assert(kPageTokens == 16, "a vector below holds one value for each token of a page");
constexpr int64_t kTile = 4;  ///< queries that go through a page together

typedef float Floats __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));

/// One head of a tile of queries, and the pages that they see: all tokens of the prefix's, then causally the
/// own segment's.
struct Job {
  const float* query;  ///< [queries, query_stride]
  float* out;          ///< [queries, query_stride]
  int64_t query_stride;
  int64_t queries;
  const float* const* pages;
  int64_t prefix_pages;
  int64_t prefix_length;
  int64_t first_seen;   ///< tokens of the own segment that the first query sees; the next sees one more
  int64_t head_offset;  ///< of the head's keys in a page
  int64_t dim, value_stride;
  float scale;
  float* scores;  ///< [kTile, num_pages * kPageTokens]

  [[nodiscard]] int64_t num_pages() const {
    return prefix_pages + Segment::pages_for(first_seen + queries - 1);
  }
};

/// How much of a page is seen: `tokens` by the first query, `more` by each next one.
struct Seen {
  int64_t tokens, more;
};

[[gnu::always_inline]] inline Seen seen_of(const Job& job, int64_t page) {
  if (page < job.prefix_pages) return {job.prefix_length - page * kPageTokens, 0};
  return {job.first_seen - (page - job.prefix_pages) * kPageTokens, 1};
}

[[gnu::always_inline]] inline void load(Floats& to, const float* from) {
  std::memcpy(&to, from, sizeof(to));
}

[[gnu::always_inline]] inline void store(float* to, const Floats& from) {
  std::memcpy(to, &from, sizeof(from));
}

/// x <- e^x for x <= 0: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (coefficients of Cephes' expf); 0
/// below -87.
[[gnu::always_inline]] inline void exponential(Floats& x) {
  constexpr float kMagic = 12582912.0F;  // adding 1.5 * 2^23 rounds to a whole number
  const Ints vanishes = x < -87.0F;
  const Floats shifted = x * 1.44269504F + kMagic;
  const Floats n = shifted - kMagic;
  const Floats r = x - n * 0.693359375F - n * -2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  Ints bits, n_bits;
  std::memcpy(&n_bits, &shifted, sizeof(n_bits));
  std::memcpy(&bits, &p, sizeof(bits));
  // The low bits of `shifted` are n; moved up they become an exponent. Shifted as unsigned, so that nothing
  // overflows.
  typedef uint32_t Unsigned __attribute__((vector_size(64)));
  bits = (Ints)((Unsigned)bits + ((Unsigned)n_bits << 23));
  bits = vanishes ? Ints{} : bits;
  std::memcpy(&x, &bits, sizeof(x));
}

/// Scores of QUERIES queries for the tokens of one page.
template <int QUERIES>
[[gnu::always_inline]] inline void score_page(const Job& job, const float* keys, const Seen& seen,
                                              int64_t width, float* scores, Floats* largest) {
  Floats sums[QUERIES] = {};
  for (int64_t d = 0; d < job.dim; ++d) {
    Floats key;
    load(key, keys + d * kPageTokens);
#pragma GCC unroll 4
    for (int q = 0; q < QUERIES; ++q) sums[q] += job.query[q * job.query_stride + d] * key;
  }
  constexpr Ints kPlaces = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr float kHidden = -std::numeric_limits<float>::infinity();
#pragma GCC unroll 4
  for (int q = 0; q < QUERIES; ++q) {
    const Floats hidden = Floats{} + kHidden;
    const auto limit = static_cast<int32_t>(std::min(seen.tokens + q * seen.more, kPageTokens));
    const Floats score = kPlaces < limit ? sums[q] * job.scale : hidden;
    store(scores + q * width, score);
    largest[q] = score > largest[q] ? score : largest[q];
  }
}

/// Adds VECTORS * 16 channels of the page's values, weighted.
template <int QUERIES, int VECTORS>
[[gnu::always_inline]] inline void add_values(const float* weights, int64_t width, const float* values,
                                              int64_t stride, int64_t tokens,
                                              Floats (&sums)[QUERIES][VECTORS]) {
  for (int64_t t = 0; t < tokens; ++t) {
    Floats value[VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; ++v) load(value[v], values + t * stride + v * 16);
#pragma GCC unroll 4
    for (int q = 0; q < QUERIES; ++q) {
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; ++v) sums[q][v] += weights[q * width + t] * value[v];
    }
  }
}

template <int QUERIES, int VECTORS>
[[gnu::always_inline]] inline void mix(const Job& job, int64_t width, int64_t channel, const float* inverse) {
  Floats sums[QUERIES][VECTORS] = {};
  const int64_t values = job.head_offset + kPageTokens * job.dim + channel;
  for (int64_t page = 0; page < job.num_pages(); ++page) {
    const Seen seen = seen_of(job, page);
    const int64_t tokens = std::min(seen.tokens + (QUERIES - 1) * seen.more, kPageTokens);
    add_values<QUERIES, VECTORS>(job.scores + page * kPageTokens, width, job.pages[page] + values,
                                 job.value_stride, tokens, sums);
  }
  for (int q = 0; q < QUERIES; ++q) {
    float row[VECTORS * 16];
    for (int v = 0; v < VECTORS; ++v) store(row + v * 16, sums[q][v] * inverse[q]);
    const int64_t wanted = std::min<int64_t>(VECTORS * 16, job.dim - channel);
    std::memcpy(job.out + q * job.query_stride + channel, row, static_cast<size_t>(wanted) * sizeof(float));
  }
}

template <int QUERIES>
[[gnu::always_inline]] inline void attend_tile(const Job& job) {
  const int64_t width = job.num_pages() * kPageTokens;
  Floats largest[QUERIES];
  for (int q = 0; q < QUERIES; ++q) largest[q] = Floats{} - std::numeric_limits<float>::infinity();
  for (int64_t page = 0; page < job.num_pages(); ++page)
    score_page<QUERIES>(job, job.pages[page] + job.head_offset, seen_of(job, page), width,
                        job.scores + page * kPageTokens, largest);
  float inverse[QUERIES];
  for (int q = 0; q < QUERIES; ++q) {
    float most = largest[q][0];
    for (int lane = 1; lane < 16; ++lane) most = std::max(most, largest[q][lane]);
    Floats sums = {};
    for (int64_t place = 0; place < width; place += kPageTokens) {
      Floats weight;
      load(weight, job.scores + q * width + place);
      weight -= most;
      exponential(weight);
      store(job.scores + q * width + place, weight);
      sums += weight;
    }
    float sum = 0.0F;
    for (int lane = 0; lane < 16; ++lane) sum += sums[lane];
    inverse[q] = 1.0F / sum;
  }
  int64_t channel = 0;
  for (; channel + 32 <= job.value_stride; channel += 32) mix<QUERIES, 2>(job, width, channel, inverse);
  for (; channel < job.value_stride; channel += 16) mix<QUERIES, 1>(job, width, channel, inverse);
}

[[gnu::always_inline]] inline void attend_any(const Job& job) {
  if (job.queries == kTile) {
    attend_tile<kTile>(job);
    return;
  }
  Job one = job;
  one.queries = 1;
  for (int64_t q = 0; q < job.queries; ++q) {
    one.query = job.query + q * job.query_stride;
    one.out = job.out + q * job.query_stride;
    one.first_seen = job.first_seen + q;
    attend_tile<1>(one);
  }
}

using Attend = void (*)(const Job& job);

[[gnu::target("avx512f,fma")]] void attend_avx512(const Job& job) {
  attend_any(job);
}

[[gnu::target("avx2,fma")]] void attend_avx2(const Job& job) {
  attend_any(job);
}

void attend_portable(const Job& job) {
  attend_any(job);
}

Attend fastest() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) return attend_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return attend_avx2;
  return attend_portable;
}

/// Puts the span's keys and values into their pages.
void write_span(const RowSpan& span, const PageShape& shape, int64_t layer, const float* keys,
                const float* values) {
  const int64_t row_floats = shape.kv_heads * shape.head_dim;
  for (int64_t i = 0; i < span.count; ++i) {
    const int64_t slot = span.start + i, lane = slot % kPageTokens;
    float* const page = span.segment->pages()[static_cast<size_t>(slot / kPageTokens)];
    for (int64_t head = 0; head < shape.kv_heads; ++head) {
      const int64_t from = (span.row + i) * row_floats + head * shape.head_dim;
      float* const key = page + shape.offset(layer, head);
      for (int64_t d = 0; d < shape.head_dim; ++d) key[d * kPageTokens + lane] = keys[from + d];
      std::copy_n(values + from, shape.head_dim,
                  key + kPageTokens * shape.head_dim + lane * shape.value_stride());
    }
  }
}

}  // namespace

at::Tensor PagedAttention::attend(size_t layer, const at::Tensor& query, const at::Tensor& key,
                                  const at::Tensor& value) {
  static const Attend attend_job = fastest();
  const int64_t rows = query.size(0), heads = query.size(1), dim = query.size(2);
  const at::Tensor queries = query.to(at::kFloat).contiguous(), keys = key.to(at::kFloat).contiguous(),
                   values = value.to(at::kFloat).contiguous();
  at::Tensor out = at::zeros({rows, heads * dim}, queries.options());
  const auto layer_index = static_cast<int64_t>(layer);
  for (const RowSpan& span : spans_)
    write_span(span, shape_, layer_index, keys.const_data_ptr<float>(), values.const_data_ptr<float>());
  Job job{};
  job.query_stride = heads * dim;
  job.dim = dim;
  job.value_stride = shape_.value_stride();
  job.scale = 1.0F / std::sqrt(static_cast<float>(dim));
  for (const RowSpan& span : spans_) {
    std::vector<const float*> pages;
    if (span.prefix != nullptr) pages.assign(span.prefix->pages().begin(), span.prefix->pages().end());
    job.prefix_length = span.prefix == nullptr ? 0 : span.prefix->length();
    job.prefix_pages = static_cast<int64_t>(pages.size());
    pages.insert(pages.end(), span.segment->pages().begin(), span.segment->pages().end());
    job.pages = pages.data();
    scores_.resize(std::max(scores_.size(), static_cast<size_t>(kTile * kPageTokens) * pages.size()));
    job.scores = scores_.data();
    for (int64_t head = 0; head < heads; ++head) {
      job.head_offset = shape_.offset(layer_index, head / (heads / shape_.kv_heads));
      for (int64_t i = 0; i < span.count; i += kTile) {
        job.queries = std::min(kTile, span.count - i);
        job.first_seen = span.start + i + 1;
        const int64_t place = (span.row + i) * job.query_stride + head * dim;
        job.query = queries.const_data_ptr<float>() + place;
        job.out = out.mutable_data_ptr<float>() + place;
        attend_job(job);
      }
    }
  }
  return out.to(query.scalar_type());
}

}  // namespace imp::models
