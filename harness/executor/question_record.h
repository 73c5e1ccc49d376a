// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "eval/benchmarks/benchmark.h"

namespace imp::harness {

/// Bounds of the small pictures that are kept of a benchmark.
inline constexpr std::size_t kMostThumbnails = 200;
inline constexpr int kThumbnailSide = 160;  ///< the longer side, in pixels
inline constexpr std::size_t kThumbnailBytes = 10 * 1024;

/// Writes what a benchmark asks, once a sweep, for people and the results database:
/// `<sweep folder>/questions/<benchmark>/<name>/questions.jsonl`, a line a question (`question_id, image_id,
/// family, question, references`; options stand below the question), and `thumbnails/`, JPEG files of some of
/// its pictures, each named by the `thumbnail` of its questions' lines. Which pictures is told by the hash of
/// their ids. A picture that cannot be read gets no thumbnail. Returns the name, which is a hash of all of
/// it; what is there already is left as it is. Throws imp::Error (environment).
std::string write_question_record(const std::filesystem::path& sweep_folder,
                                  const eval::Benchmark& benchmark);

}  // namespace imp::harness
