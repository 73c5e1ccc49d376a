// SPDX-License-Identifier: Apache-2.0
#include "models/layers/sequence_layout.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "models/device/upload.h"

namespace imp::models {
namespace {

constexpr float kHidden = -std::numeric_limits<float>::infinity();

at::Tensor to_device(const std::vector<int64_t>& values, const at::TensorOptions& like) {
  return upload(values, like.device());
}

/// Slots of the packed tokens in [batch * width]; undefined when the sequences fill it.
at::Tensor slots_of(const std::vector<int64_t>& lengths, int64_t width, const at::TensorOptions& like) {
  if (std::all_of(lengths.begin(), lengths.end(), [&](int64_t length) { return length == width; })) return {};
  std::vector<int64_t> slots;
  for (size_t row = 0; row < lengths.size(); ++row) {
    for (int64_t t = 0; t < lengths[row]; ++t) slots.push_back(static_cast<int64_t>(row) * width + t);
  }
  return to_device(slots, like);
}

/// Positions of a row whose turns are isolated: each turn goes on from the prefix's end.
void append_positions(const std::vector<int32_t>& turns, std::vector<int64_t>& positions) {
  int64_t prefix = 0, within = 0;
  int32_t current = 0;
  for (const int32_t turn : turns) {
    if (turn != current) {
      current = turn;
      within = 0;
    }
    positions.push_back(turn == 0 ? prefix++ : prefix + within++);
  }
}

/// Lengths of a row's runs of the same turn; the first is the prefix's and may be 0.
std::vector<int64_t> runs_of(const std::vector<int32_t>& turns) {
  std::vector<int64_t> runs{0};
  int32_t current = 0;
  for (const int32_t turn : turns) {
    if (turn != current) runs.push_back(0);
    current = turn;
    ++runs.back();
  }
  return runs;
}

/// The filling sequence has filling keys too, so that their number has few values; each of its queries sees
/// them.
void fill_spans(const PackedFilling& filling, int64_t rows, bool keys_apart, AttentionSpans& spans,
                std::vector<int64_t>& key_rows) {
  constexpr int64_t kMultiple = 128;
  const int64_t more = filling.tokens - rows;
  if (more > 0) {
    int64_t keys = more;
    if (keys_apart) {
      const auto there = static_cast<int64_t>(key_rows.size());
      keys = (there + more + kMultiple - 1) / kMultiple * kMultiple - there;
      key_rows.insert(key_rows.end(), static_cast<size_t>(keys - more), rows);
      for (int64_t i = 0; i < more; ++i) key_rows.push_back(rows + i);
    }
    spans.add(more, keys);
    spans.longest_query = (spans.longest_query + kMultiple - 1) / kMultiple * kMultiple;
    spans.longest_key = (spans.longest_key + kMultiple - 1) / kMultiple * kMultiple;
  }
  while ((static_cast<int64_t>(spans.query_starts.size()) - 1) % filling.sequences != 0) spans.add(0, 0);
}

}  // namespace

std::shared_ptr<const AttentionSpans> attention_spans(const std::vector<int64_t>& lengths,
                                                      const std::vector<std::vector<int32_t>>& turns,
                                                      at::Device device, const PackedFilling& filling) {
  auto spans = std::make_shared<AttentionSpans>();
  std::vector<int64_t> key_rows;
  int64_t row = 0;
  const auto add_rows = [&](int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; ++i) key_rows.push_back(first + i);
  };
  for (size_t i = 0; i < lengths.size(); ++i) {
    const std::vector<int64_t> runs = turns.empty() ? std::vector<int64_t>{lengths[i]} : runs_of(turns[i]);
    const int64_t prefix = runs.front();
    int64_t place = row;
    for (size_t run = 0; run < runs.size(); ++run) {
      const int64_t before = run == 0 ? 0 : prefix;
      if (runs[run] > 0) {
        spans->add(runs[run], before + runs[run]);
        add_rows(row, before);
        add_rows(place, runs[run]);
      }
      place += runs[run];
    }
    row += lengths[i];
  }
  fill_spans(filling, row, !turns.empty(), *spans, key_rows);
  if (turns.empty()) key_rows.clear();
  spans->send(key_rows, device);
  return spans;
}

SequenceLayout pack_sequences(const std::vector<int64_t>& lengths,
                              const std::vector<std::vector<int32_t>>& turns, at::Device device,
                              const PackedFilling& filling) {
  SequenceLayout layout;
  layout.batch = static_cast<int64_t>(lengths.size());
  layout.width = *std::max_element(lengths.begin(), lengths.end());
  layout.spans = attention_spans(lengths, turns, device, filling);
  std::vector<int64_t> positions;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (turns.empty()) {
      for (int64_t t = 0; t < lengths[i]; ++t) positions.push_back(t);
    } else {
      append_positions(turns[i], positions);
    }
  }
  for (int64_t t = 0; static_cast<int64_t>(positions.size()) < filling.tokens; ++t) positions.push_back(t);
  layout.position_ids = to_device(positions, at::TensorOptions(device));
  return layout;
}

SequenceLayout pack_sequences(const std::vector<int64_t>& lengths,
                              const std::vector<std::vector<int32_t>>& turns, const at::TensorOptions& like) {
  if (!like.device().is_cpu()) return pack_sequences(lengths, turns, like.device(), {});
  SequenceLayout layout;
  layout.batch = static_cast<int64_t>(lengths.size());
  layout.width = *std::max_element(lengths.begin(), lengths.end());
  layout.slots = slots_of(lengths, layout.width, like);
  std::vector<int64_t> positions;
  if (turns.empty()) {
    for (const int64_t length : lengths) {
      for (int64_t t = 0; t < length; ++t) positions.push_back(t);
    }
  } else {
    for (const std::vector<int32_t>& row : turns) append_positions(row, positions);
    // Padding slots see themselves, so that no row of the softmax is empty.
    at::Tensor mask = at::full({layout.batch, 1, layout.width, layout.width}, kHidden, at::kFloat);
    auto cells = mask.accessor<float, 4>();
    for (int64_t b = 0; b < layout.batch; ++b) {
      const std::vector<int32_t>& row = turns[static_cast<size_t>(b)];
      for (int64_t q = 0; q < layout.width; ++q) {
        cells[b][0][q][q] = 0.0F;
        if (q >= static_cast<int64_t>(row.size())) continue;
        for (int64_t k = 0; k < q; ++k) {
          const int32_t key_turn = row[static_cast<size_t>(k)];
          if (key_turn == 0 || key_turn == row[static_cast<size_t>(q)]) cells[b][0][q][k] = 0.0F;
        }
      }
    }
    layout.mask = mask.to(like);
  }
  layout.position_ids = to_device(positions, like);
  return layout;
}

SequenceLayout extend_sequences(const std::vector<int64_t>& lengths, const std::vector<int64_t>& positions,
                                const at::Tensor& cache_valid, const at::TensorOptions& like) {
  SequenceLayout layout;
  layout.batch = static_cast<int64_t>(lengths.size());
  layout.width = *std::max_element(lengths.begin(), lengths.end());
  layout.slots = slots_of(lengths, layout.width, like);
  std::vector<int64_t> position_ids;
  for (size_t row = 0; row < lengths.size(); ++row) {
    for (int64_t t = 0; t < lengths[row]; ++t) position_ids.push_back(positions[row] + t);
  }
  layout.position_ids = to_device(position_ids, like);

  const int64_t cached = cache_valid.size(1);
  at::Tensor mask = at::full({layout.batch, 1, layout.width, cached + layout.width}, kHidden, at::kFloat);
  const at::Tensor valid = cache_valid.to(at::kCPU).contiguous();
  auto seen = valid.accessor<bool, 2>();
  auto cells = mask.accessor<float, 4>();
  for (int64_t b = 0; b < layout.batch; ++b) {
    for (int64_t q = 0; q < layout.width; ++q) {
      for (int64_t k = 0; k < cached; ++k) {
        if (seen[b][k]) cells[b][0][q][k] = 0.0F;
      }
      for (int64_t k = 0; k <= q; ++k) cells[b][0][q][cached + k] = 0.0F;
    }
  }
  layout.mask = mask.to(like);
  return layout;
}

}  // namespace imp::models
