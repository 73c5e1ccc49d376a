// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/generation/ragged_attention.h"
#include "models/generation/row_spans.h"

namespace imp::models {

/// One call of ragged_attention, for query rows that are neighbours.
struct AttentionCall {
  int64_t row = 0;     ///< first of its rows of query and output
  bool fresh = false;  ///< keys are the pass's own rows, not the cache's
  bool causal = true;
  RaggedLengths lengths;
  std::vector<int64_t>
      gathered;      ///< slots of the cache whose keys are put in a row first; empty: they are in a row
  at::Tensor slots;  ///< `gathered` on the device

  [[nodiscard]] int64_t rows() const { return lengths.rows(); }
};

/// How rows see the prefix that they share with others.
enum class PrefixForm {
  apart,  ///< in a call for all that share it, which reads it once; its outputs are merged by their logsumexp
  gathered  ///< in a row with the tokens of their own
};

/// The attention of a pass: the same for every layer, so it is made once.
struct AttentionPlan {
  std::vector<AttentionCall> own;       ///< every row once, in rising order
  std::vector<AttentionCall> prefixes;  ///< to be merged into own's outputs
};

/// Rows must be without filling. Those whose segment begins in this pass see its keys fresh, the others in
/// the cache. Neighbours that see the same prefix share a sequence of `prefixes`.
[[nodiscard]] AttentionPlan plan_attention(const std::vector<AskingRows>& asking, PrefixForm form);

/// Puts the plan's tables on the device.
void send(AttentionPlan& plan, at::Device device);

/// An order of a pass's spans in which few calls serve them: those that begin in it before those that go on,
/// and in each those with a prefix beside those of the other.
[[nodiscard]] inline int attention_rank(bool begins, bool has_prefix) {
  return begins ? (has_prefix ? 1 : 0) : (has_prefix ? 2 : 3);
}

}  // namespace imp::models
