// SPDX-License-Identifier: Apache-2.0
#include "harness/train/sampler.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

#include "models/io/error.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace {

using Rows = std::vector<int64_t>;

/// Deals rows, given by falling length, to `devices` chunks of equal size: the next row goes to the shortest
/// chunk, a full chunk is closed. A ragged megabatch is dealt by stride.
std::vector<Rows> deal_evenly(const Rows& rows, const std::vector<int64_t>& lengths, int64_t devices) {
  std::vector<Rows> chunks(static_cast<size_t>(devices));
  const int64_t count = static_cast<int64_t>(rows.size());
  if (count % devices != 0) {
    for (int64_t i = 0; i < count; ++i)
      chunks[static_cast<size_t>(i % devices)].push_back(rows[static_cast<size_t>(i)]);
    return chunks;
  }
  std::vector<double> total(chunks.size(), 0.0);
  for (const int64_t row : rows) {
    const size_t shortest = static_cast<size_t>(std::min_element(total.begin(), total.end()) - total.begin());
    chunks[shortest].push_back(row);
    total[shortest] += static_cast<double>(lengths[static_cast<size_t>(row)]);
    if (static_cast<int64_t>(chunks[shortest].size()) == count / devices)
      total[shortest] = std::numeric_limits<double>::infinity();
  }
  return chunks;
}

/// One modality's rows: shuffled, cut into megabatches, each sorted by falling length, dealt to devices and
/// joined again.
std::vector<Rows> megabatches(const Rows& members, const std::vector<int64_t>& lengths, int64_t batch_size,
                              int64_t devices, uint64_t seed, uint64_t stream) {
  std::vector<Rows> batches;
  const std::vector<int64_t> order = random_permutation(static_cast<int64_t>(members.size()), seed, stream);
  for (size_t start = 0; start < order.size(); start += static_cast<size_t>(batch_size)) {
    Rows batch;
    for (size_t i = start; i < std::min(order.size(), start + static_cast<size_t>(batch_size)); ++i) {
      batch.push_back(members[static_cast<size_t>(order[i])]);
    }
    std::stable_sort(batch.begin(), batch.end(), [&](int64_t a, int64_t b) {
      return lengths[static_cast<size_t>(a)] > lengths[static_cast<size_t>(b)];
    });
    Rows dealt;
    for (const Rows& chunk : deal_evenly(batch, lengths, devices))
      dealt.insert(dealt.end(), chunk.begin(), chunk.end());
    batches.push_back(std::move(dealt));
  }
  return batches;
}

std::vector<int64_t> modality_order(const std::vector<int64_t>& signed_lengths, int64_t batch_size,
                                    int64_t devices, uint64_t seed, uint64_t stream) {
  std::vector<int64_t> lengths;
  Rows with_picture, text_only;
  for (size_t row = 0; row < signed_lengths.size(); ++row) {
    lengths.push_back(std::abs(signed_lengths[row]));
    (signed_lengths[row] > 0 ? with_picture : text_only).push_back(static_cast<int64_t>(row));
  }
  std::vector<Rows> full;
  Rows ragged;
  if (with_picture.empty() || text_only.empty()) {
    const Rows& members = with_picture.empty() ? text_only : with_picture;
    Rows order;
    for (const Rows& batch : megabatches(members, lengths, batch_size, devices, seed, stream)) {
      order.insert(order.end(), batch.begin(), batch.end());
    }
    return order;
  }
  for (const auto& [members, offset] : {std::pair{&with_picture, 0}, std::pair{&text_only, 1}}) {
    std::vector<Rows> batches =
        megabatches(*members, lengths, batch_size, devices, seed, stream + static_cast<uint64_t>(offset));
    // LLaVA sets the last megabatch of each kind aside, ragged or not.
    ragged.insert(ragged.end(), batches.back().begin(), batches.back().end());
    batches.pop_back();
    full.insert(full.end(), std::make_move_iterator(batches.begin()), std::make_move_iterator(batches.end()));
  }
  std::vector<int64_t> order;
  for (const int64_t i : random_permutation(static_cast<int64_t>(full.size()), seed, stream + 2)) {
    order.insert(order.end(), full[static_cast<size_t>(i)].begin(), full[static_cast<size_t>(i)].end());
  }
  std::sort(ragged.begin(), ragged.end());
  order.insert(order.end(), ragged.begin(), ragged.end());
  return order;
}

}  // namespace

Sampler parse_sampler(const std::string& name) {
  if (name == "modality_length") return Sampler::modality_length;
  if (name == "shuffle") return Sampler::shuffle;
  if (name == "sequential") return Sampler::sequential;
  throw Error("sampler: '" + name + "' is not known; it is modality_length, shuffle or sequential");
}

std::vector<int64_t> random_permutation(int64_t count, uint64_t seed, uint64_t stream) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[counter_random(seed, stream, i) % i]);
  }
  return order;
}

std::vector<int64_t> epoch_order(Sampler sampler, const std::vector<int64_t>& lengths, int64_t batch_size,
                                 int64_t world_size, uint64_t seed, int64_t epoch) {
  const auto count = static_cast<int64_t>(lengths.size());
  const uint64_t stream = 16 * static_cast<uint64_t>(epoch);
  switch (sampler) {
    case Sampler::shuffle:
      return random_permutation(count, seed, stream);
    case Sampler::modality_length:
      return modality_order(lengths, batch_size, world_size, seed, stream);
    case Sampler::sequential:
      break;
  }
  std::vector<int64_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace imp::harness
