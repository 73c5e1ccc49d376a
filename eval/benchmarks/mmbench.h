// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/benchmarks/format.h"

namespace imp::eval {

/// Reads MMBench's TSV: `index, question, hint, A, B, C, D, answer, category, image`. Rows whose index
/// differs by a multiple of 1,000,000 are one question with its options rotated; they share the picture
/// `<images>/<index % 10^6>.jpg`. Where the table holds a picture as base64, its questions have
/// image_in_annotations. Throws imp::Error with file and line.
[[nodiscard]] std::vector<Question> read_mmbench(const std::filesystem::path& annotations,
                                                 const std::filesystem::path& images);

/// Writes those of the table's pictures that are named in `images` (as read_mmbench names them). Throws
/// imp::Error with file and line for what is not base64.
void unpack_mmbench(const std::filesystem::path& annotations, const std::set<std::filesystem::path>& images);

/// 1 if parse_option_choice reads the right option out of the answer, else 0; rotations count one by one.
[[nodiscard]] double score_mmbench(const Question& question, std::string_view prediction);

/// `circular_accuracy`: the share of questions right in all their rotations, which MMBench reports.
[[nodiscard]] std::vector<NamedValue> summarise_mmbench(std::span<const ScoredAnswer> answers);

}  // namespace imp::eval
