// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/perceptual_hash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace imp::harness {
namespace {

constexpr int kSide = 32, kWaves = 8;
/// A cosine of amplitude 1 along both axes has the coefficient 32 * 32 / 4.
constexpr float kBound = 32 * 32 / 4 / 8.0F;

using Waves = std::array<std::array<float, kSide>, kWaves>;

const Waves& waves() {
  static const Waves kTable = [] {
    Waves table{};
    for (int u = 0; u < kWaves; ++u)
      for (int x = 0; x < kSide; ++x)
        table[static_cast<std::size_t>(u)][static_cast<std::size_t>(x)] =
            static_cast<float>(std::cos(std::numbers::pi * (2 * x + 1) * u / (2 * kSide)));
    return table;
  }();
  return kTable;
}

/// Calls `add(cell, weight)` for each of 32 equal cells that pixel `at` of `count` reaches into, with the
/// share of the cell that it covers.
template <typename Add>
void for_each_cell(int at, int count, const Add& add) {
  const int first = at * kSide / count, last = std::min(kSide - 1, ((at + 1) * kSide - 1) / count);
  for (int cell = first; cell <= last; ++cell) {
    // In units of 1 / (32 count) of the side.
    const int begin = std::max(at * kSide, cell * count),
              end = std::min((at + 1) * kSide, (cell + 1) * count);
    add(static_cast<std::size_t>(cell), static_cast<float>(end - begin) / static_cast<float>(count));
  }
}

using Square = std::array<std::array<float, kSide>, kSide>;

Square area_means(const models::GrayImage& image) {
  struct Reach {
    std::size_t pixel, cell;
    float weight;
  };
  std::vector<Reach> columns;
  for (int x = 0; x < image.width; ++x)
    for_each_cell(x, image.width, [&](std::size_t cell, float weight) {
      columns.push_back({static_cast<std::size_t>(x), cell, weight});
    });
  Square square{};
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* const row =
        image.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width);
    std::array<float, kSide> line{};
    for (const Reach& reach : columns)
      line[reach.cell] += reach.weight * static_cast<float>(row[reach.pixel]);
    for_each_cell(y, image.height, [&](std::size_t cell, float weight) {
      for (std::size_t x = 0; x < kSide; ++x) square[cell][x] += weight * line[x];
    });
  }
  return square;
}

}  // namespace

std::uint64_t perceptual_hash(const models::GrayImage& image) {
  if (image.pixels.empty()) return 0;
  const Square square = area_means(image);
  std::uint64_t hash = 0;
  for (std::size_t u = 0; u < kWaves; ++u) {
    std::array<float, kSide> line{};
    for (std::size_t y = 0; y < kSide; ++y)
      for (std::size_t x = 0; x < kSide; ++x) line[x] += waves()[u][y] * square[y][x];
    for (std::size_t v = 0; v < kWaves; ++v) {
      float coefficient = 0;
      for (std::size_t x = 0; x < kSide; ++x) coefficient += waves()[v][x] * line[x];
      if ((u != 0 || v != 0) && coefficient > kBound) hash |= std::uint64_t{1} << (8 * u + v);
    }
  }
  return hash;
}

}  // namespace imp::harness
