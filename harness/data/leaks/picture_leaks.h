// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace imp::harness {

/// Pictures to compare: how many, and where each is.
struct PictureSet {
  std::size_t count = 0;
  std::function<std::filesystem::path(std::size_t number)> path;
};

/// A picture of the training data and one of the benchmark that are the same.
struct PicturePair {
  std::uint32_t training = 0, benchmark = 0;  ///< numbers in their sets
  bool exact = false;                         ///< the same pixels; else nearly the same
};

/// Pictures that could not be read, with the first reasons.
struct Unreadable {
  std::size_t count = 0;
  std::vector<std::string> first;  ///< at most twenty lines, "PATH: REASON"
};

struct PictureLeaks {
  std::vector<PicturePair> pairs;  ///< by training picture, then by benchmark picture
  Unreadable training, benchmark;
};

/// What goes on while texts are compared; all else is about pictures.
inline constexpr const char* kComparingTexts = "comparing texts";
/// What goes on, done of total. May throw, which ends the search.
using LeakProgress = std::function<void(const char* what, std::size_t done, std::size_t total)>;

/// Finds the pictures that both sets hold, on `threads` threads: candidates are those whose perceptual hashes
/// are near (kNearBits); each is confirmed on pixels, as exact where all are equal and as nearly the same by
/// kLargestDifference. Every picture is decoded once at reduced size, and candidates once more, whole.
/// Memory: 56 bytes a picture of the training data, 12 bytes a pair, and at most 16,384 pictures of 32 x 32
/// pixels. Throws imp::Error (environment) for what is no file's fault.
[[nodiscard]] PictureLeaks find_picture_leaks(const PictureSet& training, const PictureSet& benchmark,
                                              int threads, const LeakProgress& progress);

}  // namespace imp::harness
