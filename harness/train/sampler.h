// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace imp::harness {

enum class Sampler { modality_length, shuffle, sequential };

/// Parses the configuration key `sampler`. Throws imp::Error (usage) for another name.
[[nodiscard]] Sampler parse_sampler(const std::string& name);

/// A permutation of 0..count-1: Fisher-Yates driven by counters, a pure function of (seed, stream).
[[nodiscard]] std::vector<int64_t> random_permutation(int64_t count, uint64_t seed, uint64_t stream);

/// Order of the rows in one epoch.
/// lengths: words of each row's conversation, negative for rows without a picture (LLaVA's modality_lengths);
/// read by `modality_length` only. batch_size: rows of an optimizer step on all devices together; world_size:
/// devices. modality_length follows LLaVA's llava_trainer.py: each modality's rows are shuffled, cut into
/// megabatches of batch_size, each sorted by falling length and dealt to the devices evenly; full megabatches
/// of both kinds are shuffled together and the ragged rests come last as one.
[[nodiscard]] std::vector<int64_t> epoch_order(Sampler sampler, const std::vector<int64_t>& lengths,
                                               int64_t batch_size, int64_t world_size, uint64_t seed,
                                               int64_t epoch);

}  // namespace imp::harness
