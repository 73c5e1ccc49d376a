// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace imp::models {

/// Tokens whose keys and values lie in one page.
inline constexpr int64_t kPageTokens = 16;

/// How keys and values lie in a page: for each layer and key/value head, keys [head_dim, kPageTokens] (so
/// that one vector holds a channel of all tokens), then values [kPageTokens, value_stride].
struct PageShape {
  int64_t layers = 0, kv_heads = 0, head_dim = 0;

  /// head_dim rounded up to whole vectors.
  [[nodiscard]] int64_t value_stride() const { return (head_dim + 15) / 16 * 16; }
  [[nodiscard]] int64_t head_floats() const { return kPageTokens * (head_dim + value_stride()); }
  [[nodiscard]] int64_t floats() const { return layers * kv_heads * head_floats(); }
  [[nodiscard]] int64_t bytes() const { return floats() * static_cast<int64_t>(sizeof(float)); }
  /// Where a head's keys begin; its values follow kPageTokens * head_dim floats later.
  [[nodiscard]] int64_t offset(int64_t layer, int64_t head) const {
    return (layer * kv_heads + head) * head_floats();
  }
};

/// Pages that `tokens` tokens fill.
[[nodiscard]] constexpr int64_t pages_for(int64_t tokens) {
  return (tokens + kPageTokens - 1) / kPageTokens;
}

/// Keys and values of one head, of tokens that follow each other.
struct TokensOfHead {
  const float* key = nullptr;    ///< [count, key_stride]
  const float* value = nullptr;  ///< [count, value_stride]
  int64_t key_stride = 0, value_stride = 0;
  int64_t count = 0;
};

/// Puts tokens into a page, from its token `first` on, at `head`, where the head's keys begin. What pads a
/// value is left as it is, and must be a number.
void write_tokens(const PageShape& shape, const TokensOfHead& tokens, int64_t first, float* head);

/// Neighbouring queries of one head, and the pages that they see: all tokens of the prefix's, then causally
/// those of a segment that follows it.
struct PageQueries {
  const float* query = nullptr;  ///< [queries, query_stride]
  float* out = nullptr;          ///< [queries, out_stride]
  int64_t query_stride = 0, out_stride = 0;
  int64_t queries = 0;
  const float* const* pages = nullptr;
  int64_t prefix_pages = 0, prefix_length = 0;
  int64_t first_seen = 0;  ///< tokens of the segment that the first query sees, the next sees one more; 0: no
                           ///< segment
  int64_t head_offset = 0;  ///< of the head's keys in a page
  float* scores = nullptr;  ///< room for attention_scores(pages) floats

  [[nodiscard]] int64_t num_pages() const {
    return prefix_pages + (first_seen == 0 ? 0 : pages_for(first_seen + queries - 1));
  }
};

/// Floats that attend_pages needs for scores over so many pages.
[[nodiscard]] int64_t attention_scores(int64_t pages);

/// softmax(query key^T / sqrt(head_dim)) value for each query. An output depends on its query and the tokens
/// it sees alone, in every bit: scores of a page's tokens are computed side by side, each as a sum over the
/// channels in rising order, and sums over tokens run in the order of pages.
void attend_pages(const PageShape& shape, const PageQueries& queries);

}  // namespace imp::models
