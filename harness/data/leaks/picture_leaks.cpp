// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/picture_leaks.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "harness/data/leaks/near_hashes.h"
#include "harness/data/leaks/perceptual_hash.h"
#include "harness/data/leaks/picture_likeness.h"
#include "models/image/codec.h"
#include "models/image/gray.h"
#include "models/io/error.h"
#include "models/io/parallel_for.h"

namespace imp::harness {
namespace {

constexpr std::size_t kGroup = 1024;          // pictures that are decoded between two looks at the clock
constexpr std::size_t kKeptPictures = 16384;  // of the benchmark, as 32 x 32 pixels
constexpr std::size_t kNamedUnreadable = 20;

/// Calls `read(path)`; what a file's fault is goes to `reason`.
template <typename Read>
void try_to_read(const std::filesystem::path& path, std::string& reason, const Read& read) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    reason = path.string() + ": is absent";
    return;
  }
  try {
    read(path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::environment) throw;
    reason = error.what();
  }
}

/// Perceptual hashes of a set; nothing where a picture cannot be read.
struct Hashes {
  std::vector<std::uint64_t> values;
  std::vector<bool> known;
};

Hashes hashes_of(const PictureSet& set, int threads, Unreadable& unreadable, const char* what,
                 const LeakProgress& progress) {
  const std::size_t count = set.count;
  Hashes hashes{std::vector<std::uint64_t>(count), std::vector<bool>(count)};
  for (std::size_t first = 0; first < count; first += kGroup) {
    const std::size_t group = std::min(kGroup, count - first);
    std::vector<std::string> reasons(group);
    parallel_for(static_cast<int>(group), threads, [&](int i) {
      const auto at = static_cast<std::size_t>(i);
      try_to_read(set.path(first + at), reasons[at], [&](const std::filesystem::path& path) {
        hashes.values[first + at] = perceptual_hash(models::read_reduced_gray(path, kHashedSide));
      });
    });
    for (std::size_t i = 0; i < group; ++i) {
      hashes.known[first + i] = reasons[i].empty();
      if (reasons[i].empty()) continue;
      if (++unreadable.count <= kNamedUnreadable) unreadable.first.push_back(reasons[i]);
    }
    progress(what, first + group, count);
  }
  return hashes;
}

/// Numbers of the readable pictures that `is_candidate(hash)` holds of.
template <typename IsCandidate>
std::vector<std::uint32_t> candidates_of(const Hashes& hashes, int threads, const IsCandidate& is_candidate) {
  std::vector<char> found(hashes.values.size());
  const auto groups = static_cast<int>((found.size() + kGroup - 1) / kGroup);
  parallel_for(groups, threads, [&](int group) {
    const std::size_t begin = static_cast<std::size_t>(group) * kGroup;
    for (std::size_t i = begin; i < std::min(begin + kGroup, found.size()); ++i)
      found[i] = hashes.known[i] && is_candidate(hashes.values[i]) ? 1 : 0;
  });
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i] != 0) numbers.push_back(static_cast<std::uint32_t>(i));
  return numbers;
}

std::vector<std::uint64_t> values_of(const Hashes& hashes, const std::vector<std::uint32_t>& numbers) {
  std::vector<std::uint64_t> values;
  values.reserve(numbers.size());
  for (const std::uint32_t number : numbers) values.push_back(hashes.values[number]);
  return values;
}

std::vector<PictureLikeness> likenesses_of(const PictureSet& set, const std::vector<std::uint32_t>& numbers,
                                           int threads) {
  std::vector<PictureLikeness> likenesses(numbers.size());
  parallel_for(static_cast<int>(numbers.size()), threads, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    // What was readable a moment ago and is not now counts as no candidate.
    std::string reason;
    try_to_read(set.path(numbers[at]), reason, [&](const std::filesystem::path& path) {
      likenesses[at] = likeness_of(models::read_image(path));
    });
  });
  return likenesses;
}

std::optional<PicturePair> compare(std::uint32_t training, const PictureLikeness& a, std::uint32_t benchmark,
                                   const PictureLikeness& b) {
  if (a.pixels.empty() || b.pixels.empty()) return std::nullopt;
  if (a.pixels == b.pixels) return PicturePair{training, benchmark, true};
  if (largest_difference(a, b) > kLargestDifference) return std::nullopt;
  return PicturePair{training, benchmark, false};
}

/// Confirms the candidates of one part of the benchmark's pictures.
void confirm(const PictureSet& training, const Hashes& training_hashes, const PictureSet& benchmark,
             const Hashes& benchmark_hashes, const std::vector<std::uint32_t>& part, int threads,
             std::vector<PicturePair>& pairs, const LeakProgress& progress) {
  const NearHashes near(values_of(benchmark_hashes, part));
  const std::vector<PictureLikeness> known = likenesses_of(benchmark, part, threads);
  const std::vector<std::uint32_t> candidates =
      candidates_of(training_hashes, threads, [&](std::uint64_t hash) { return near.has_near(hash); });
  for (std::size_t first = 0; first < candidates.size(); first += kGroup) {
    const std::size_t last = std::min(first + kGroup, candidates.size());
    const std::vector<std::uint32_t> group(candidates.begin() + static_cast<std::ptrdiff_t>(first),
                                           candidates.begin() + static_cast<std::ptrdiff_t>(last));
    const std::vector<PictureLikeness> likenesses = likenesses_of(training, group, threads);
    std::vector<std::uint32_t> places;
    for (std::size_t i = 0; i < group.size(); ++i) {
      places.clear();
      near.find(training_hashes.values[group[i]], places);
      for (const std::uint32_t place : places)
        if (const auto pair = compare(group[i], likenesses[i], part[place], known[place]))
          pairs.push_back(*pair);
    }
    progress("confirming on pixels", last, candidates.size());
  }
}

}  // namespace

PictureLeaks find_picture_leaks(const PictureSet& training, const PictureSet& benchmark, int threads,
                                const LeakProgress& progress) {
  PictureLeaks leaks;
  const Hashes asked =
      hashes_of(benchmark, threads, leaks.benchmark, "hashing the benchmark's pictures", progress);
  const Hashes learned =
      hashes_of(training, threads, leaks.training, "hashing the training data's pictures", progress);
  std::vector<std::uint32_t> candidates;
  {
    const std::vector<std::uint32_t> readable =
        candidates_of(learned, threads, [](std::uint64_t) { return true; });
    const NearHashes near(values_of(learned, readable));
    candidates = candidates_of(asked, threads, [&](std::uint64_t hash) { return near.has_near(hash); });
  }
  for (std::size_t first = 0; first < candidates.size(); first += kKeptPictures) {
    const std::size_t last = std::min(first + kKeptPictures, candidates.size());
    confirm(training, learned, benchmark, asked,
            {candidates.begin() + static_cast<std::ptrdiff_t>(first),
             candidates.begin() + static_cast<std::ptrdiff_t>(last)},
            threads, leaks.pairs, progress);
  }
  std::sort(leaks.pairs.begin(), leaks.pairs.end(), [](const PicturePair& a, const PicturePair& b) {
    return a.training != b.training ? a.training < b.training : a.benchmark < b.benchmark;
  });
  return leaks;
}

}  // namespace imp::harness
