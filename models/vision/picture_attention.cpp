// SPDX-License-Identifier: Apache-2.0
#include "models/vision/picture_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "models/layers/page_attention.h"

namespace imp::models {

at::Tensor picture_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                             int64_t pictures, int64_t heads) {
  const at::Tensor queries = query.contiguous(), keys = key.contiguous(), values = value.contiguous();
  at::Tensor out = at::empty_like(queries);
  const int64_t width = queries.size(1), tokens = queries.size(0) / pictures;
  const PageShape shape{1, 1, width / heads};
  const int64_t count = pages_for(tokens);
  // Keys and values of one head of one picture; what pads them stays zero.
  const at::Tensor memory = at::zeros({count * shape.floats()}, queries.options()),
                   scores = at::empty({attention_scores(count)}, queries.options());
  auto* const first_page = memory.mutable_data_ptr<float>();
  std::vector<const float*> pages;
  for (int64_t page = 0; page < count; ++page) pages.push_back(first_page + page * shape.floats());
  PageQueries job;
  job.pages = pages.data();
  job.prefix_pages = count;
  job.prefix_length = tokens;
  job.scores = scores.mutable_data_ptr<float>();
  job.query_stride = job.out_stride = width;
  job.queries = tokens;
  for (int64_t picture = 0; picture < pictures; ++picture) {
    for (int64_t head = 0; head < heads; ++head) {
      const int64_t place = picture * tokens * width + head * shape.head_dim;
      for (int64_t page = 0; page < count; ++page) {
        const int64_t from = place + page * kPageTokens * width;
        write_tokens(shape,
                     {keys.const_data_ptr<float>() + from, values.const_data_ptr<float>() + from, width,
                      width, std::min(kPageTokens, tokens - page * kPageTokens)},
                     0, first_page + page * shape.floats());
      }
      job.query = queries.const_data_ptr<float>() + place;
      job.out = out.mutable_data_ptr<float>() + place;
      attend_pages(shape, job);
    }
  }
  return out;
}

}  // namespace imp::models
