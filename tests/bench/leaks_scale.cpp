// SPDX-License-Identifier: Apache-2.0
// leaks_scale FOLDER [PICTURES [HASHES]]: what `imp-data leaks` costs. Writes PICTURES (20,000) JPEGs of 96 x
// 96, and fewer of 640 x 480 and 1024 x 768, below FOLDER, which is emptied first, and tells how many a
// second are hashed; then looks for planted near hashes among HASHES x HASHES (1,000,000) made ones and
// compares a sample with brute force.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "harness/data/leaks/near_hashes.h"
#include "harness/data/leaks/picture_leaks.h"
#include "harness/data/random.h"
#include "models/image/codec.h"
#include "models/io/hash.h"
#include "models/io/parallel_for.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

int threads() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Waves of several lengths, edges and grain: about the bytes a pixel that photographs have.
models::Image photograph(int width, int height, std::uint64_t number) {
  Random random(5, number);
  const double a = random.uniform(0.01, 0.2), b = random.uniform(0.01, 0.2), c = random.uniform(0.01, 0.05);
  const int grain = 8 + random.below(16);
  models::Image image = models::blank_image(width, height);
  std::size_t i = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double level =
          128 + 40 * std::sin(a * x + c * y) + 30 * std::sin(b * y) + ((x / 37 + y / 29) % 3) * 12;
      const std::uint64_t noise =
          counter_random(number, static_cast<std::uint64_t>(y), static_cast<std::uint64_t>(x));
      for (int channel = 0; channel < 3; ++channel)
        image.pixels[i++] = static_cast<std::uint8_t>(std::clamp(
            level + static_cast<int>(noise >> (8 * channel) & 255) % grain + channel * 9, 0.0, 255.0));
    }
  return image;
}

/// Hashes of pictures in files, at a second look, when the files are in the system's cache.
void time_hashing(const fs::path& folder, int width, int height, int count) {
  std::atomic<std::size_t> bytes = 0;
  std::vector<std::string> names(static_cast<std::size_t>(count));
  fs::create_directories(folder / fmt::format("{}x{}", width, height));
  parallel_for(count, threads(), [&](int i) {
    const auto number = static_cast<std::size_t>(i);
    names[number] = fmt::format("{}x{}/{:06}.jpg", width, height, i);
    const std::string jpeg = models::encode_jpeg(photograph(width, height, number), 90);
    bytes += jpeg.size();
    std::ofstream(folder / names[number], std::ios::binary) << jpeg;
  });
  const PictureSet all{names.size(), [&](std::size_t number) { return folder / names[number]; }};
  const PictureSet one{1, all.path};
  const auto begin = Clock::now();
  const PictureLeaks leaks =
      find_picture_leaks(all, one, threads(), [](const char*, std::size_t, std::size_t) {});
  const double taken = seconds_since(begin);
  fmt::print("{} JPEGs of {} x {}, {} bytes each: {:.0f} a second on {} threads, {} pair(s)\n", count, width,
             height, bytes / static_cast<std::size_t>(count), count / taken, threads(), leaks.pairs.size());
}

void time_comparison(std::size_t count) {
  constexpr std::size_t kPlanted = 1000, kSample = 200;
  Random random(9, 0);
  std::vector<std::uint64_t> learned(count), asked(count);
  for (std::uint64_t& hash : learned) hash = random.bits();
  for (std::uint64_t& hash : asked) hash = random.bits();
  for (std::size_t i = 0; i < kPlanted; ++i) {
    std::uint64_t hash = learned[i * (count / kPlanted)];
    for (int bit = random.below(kNearBits + 1); bit > 0; --bit) hash ^= std::uint64_t{1} << random.below(64);
    asked[i * (count / kPlanted) + 1] = hash;
  }
  const auto begin = Clock::now();
  const NearHashes near(learned);
  std::vector<std::vector<std::uint32_t>> found(count);
  constexpr std::size_t kGroup = 1024;
  parallel_for(static_cast<int>((count + kGroup - 1) / kGroup), threads(), [&](int group) {
    const std::size_t first = static_cast<std::size_t>(group) * kGroup;
    for (std::size_t i = first; i < std::min(first + kGroup, count); ++i) near.find(asked[i], found[i]);
  });
  const double taken = seconds_since(begin);
  std::size_t planted = 0, pairs = 0, wrong = 0;
  for (std::size_t i = 0; i < kPlanted; ++i) {
    const std::vector<std::uint32_t>& places = found[i * (count / kPlanted) + 1];
    planted += std::count(places.begin(), places.end(), i * (count / kPlanted)) > 0 ? 1 : 0;
  }
  for (const auto& places : found) pairs += places.size();
  for (std::size_t i = 0; i < kSample; ++i) {
    const std::size_t at = i * (count / kSample);
    std::size_t expected = 0;
    for (const std::uint64_t hash : learned) expected += std::popcount(hash ^ asked[at]) <= kNearBits ? 1 : 0;
    wrong += expected == found[at].size() ? 0 : 1;
  }
  fmt::print("{} x {} hashes: {:.1f} s, {} pairs, {} of {} planted found, {} of {} differ from brute force\n",
             count, count, taken, pairs, planted, kPlanted, wrong, kSample);
}

}  // namespace
}  // namespace imp::harness

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "leaks_scale FOLDER [PICTURES [HASHES]]\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const int pictures = argc > 2 ? std::atoi(argv[2]) : 20000;
  std::filesystem::remove_all(folder);
  imp::harness::time_hashing(folder, 96, 96, pictures);
  imp::harness::time_hashing(folder, 640, 480, pictures / 10);
  imp::harness::time_hashing(folder, 1024, 768, pictures / 20);
  imp::harness::time_comparison(argc > 3 ? static_cast<std::size_t>(std::atoll(argv[3])) : 1'000'000);
  return 0;
}
