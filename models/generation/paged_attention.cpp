// SPDX-License-Identifier: Apache-2.0
#include "models/generation/paged_attention.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace imp::models {
namespace {

/// The rotation of each packed row.
class Rotation {
 public:
  explicit Rotation(const RotaryAngles& angles)
      : cos_(angles.cos.to(at::kFloat).contiguous()),
        sin_(angles.sin.to(at::kFloat).contiguous()),
        cosines_(cos_.const_data_ptr<float>()),
        sines_(sin_.const_data_ptr<float>()),
        half_(cos_.size(-1)) {}

  void rotate(int64_t row, const float* x, int64_t heads, int64_t dim, float* y) const {
    rotate_token(x, heads, dim, cosines_ + row * half_, sines_ + row * half_, half_, y);
  }

 private:
  at::Tensor cos_, sin_;           ///< [tokens, 1, half]
  const float *cosines_, *sines_;  ///< theirs
  int64_t half_;
};

/// At least `count` floats.
float* room(at::Tensor& buffer, int64_t count) {
  if (!buffer.defined() || buffer.numel() < count) buffer = at::empty({count}, at::kFloat);
  return buffer.mutable_data_ptr<float>();
}

/// All heads of one layer of a pass, float32 and contiguous.
struct Heads {
  const float *query, *key, *value;
  int64_t count, kv_count, dim, layer;
  const Rotation& rotation;
};

/// Puts the span's rotated keys and its values into their pages, a page at a time.
void write_span(const RowSpan& span, const CpuPages& pages, const Heads& heads, float* rotated) {
  const PageShape& shape = pages.shape();
  const int64_t width = heads.kv_count * heads.dim;
  for (int64_t i = 0; i < span.count;) {
    const int64_t slot = span.start + i, first = slot % kPageTokens;
    const int64_t count = std::min(kPageTokens - first, span.count - i), row = span.row + i;
    float* const page = pages.page(span.segment->pages()[static_cast<size_t>(slot / kPageTokens)]) +
                        shape.offset(heads.layer, 0);
    for (int64_t t = 0; t < count; ++t)
      heads.rotation.rotate(row + t, heads.key + (row + t) * width, heads.kv_count, heads.dim,
                            rotated + t * width);
    for (int64_t head = 0; head < heads.kv_count; ++head) {
      const int64_t channel = head * heads.dim;
      write_tokens(shape, {rotated + channel, heads.value + row * width + channel, width, width, count},
                   first, page + head * shape.head_floats());
    }
    i += count;
  }
}

/// Gives the rows that ask their outputs.
void answer(const AskingRows& asking, const CpuPages& memory, const Heads& heads, AttentionScratch& scratch,
            float* out) {
  const RowSpan& span = *asking.span;
  const PageShape& shape = memory.shape();
  const int64_t width = heads.count * heads.dim;
  float* const rotated = room(scratch.rotated, asking.count * width);
  for (int64_t i = 0; i < asking.count; ++i)
    heads.rotation.rotate(span.row + asking.first + i, heads.query + (asking.row + i) * width, heads.count,
                          heads.dim, rotated + i * width);
  std::vector<const float*> pages;
  const auto add_pages = [&](const Segment& segment) {
    for (const int32_t page : segment.pages()) pages.push_back(memory.page(page));
  };
  if (span.prefix != nullptr) add_pages(*span.prefix);
  PageQueries job;
  job.prefix_length = span.prefix == nullptr ? 0 : span.prefix->length();
  job.prefix_pages = static_cast<int64_t>(pages.size());
  add_pages(*span.segment);
  job.pages = pages.data();
  job.scores = room(scratch.scores, attention_scores(static_cast<int64_t>(pages.size())));
  job.query_stride = job.out_stride = width;
  job.queries = asking.count;
  job.first_seen = span.start + asking.first + 1;
  for (int64_t head = 0; head < heads.count; ++head) {
    job.head_offset = shape.offset(heads.layer, head / (heads.count / heads.kv_count));
    job.query = rotated + head * heads.dim;
    job.out = out + asking.row * width + head * heads.dim;
    attend_pages(shape, job);
  }
}

}  // namespace

void PagedAttention::begin_pass(std::vector<RowSpan> spans, const std::vector<int64_t>& selected) {
  spans_ = std::move(spans);
  all_ = asking_rows(spans_);
  selected_ = asking_rows(spans_, selected);
}

at::Tensor PagedAttention::attend(size_t layer, const at::Tensor& query, const at::Tensor& key,
                                  const at::Tensor& value, const RotaryAngles& angles,
                                  const at::Tensor& selected) {
  const at::Tensor queries = query.to(at::kFloat).contiguous(), keys = key.to(at::kFloat).contiguous(),
                   values = value.to(at::kFloat).contiguous();
  const Rotation rotation(angles);
  const Heads heads{queries.const_data_ptr<float>(),
                    keys.const_data_ptr<float>(),
                    values.const_data_ptr<float>(),
                    query.size(1),
                    key.size(1),
                    query.size(2),
                    static_cast<int64_t>(layer),
                    rotation};
  at::Tensor out = at::empty({query.size(0), heads.count * heads.dim}, queries.options());
  const std::vector<AskingRows>& all = selected.defined() ? selected_ : all_;
  auto asking = all.begin();
  int64_t next_row = 0;
  const auto answer_next = [&] {
    if (asking->row > next_row) out.slice(0, next_row, asking->row).zero_();
    answer(*asking, pages_, heads, scratch_, out.mutable_data_ptr<float>());
    next_row = asking->row + asking->count;
    ++asking;
  };
  // A span is asked as soon as it is written, while its keys and values are in the cache.
  for (const RowSpan& span : spans_) {
    write_span(span, pages_, heads, room(scratch_.rotated, kPageTokens * heads.kv_count * heads.dim));
    while (asking != all.end() && asking->span == &span) answer_next();
  }
  while (asking != all.end()) answer_next();
  out.slice(0, next_row).zero_();
  return out.to(query.scalar_type());
}

}  // namespace imp::models
