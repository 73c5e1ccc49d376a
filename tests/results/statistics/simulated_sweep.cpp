// SPDX-License-Identifier: Apache-2.0
#include "tests/results/statistics/simulated_sweep.h"

#include <cmath>
#include <numbers>

namespace imp::results {
namespace {

// Standard deviations on the logit.
constexpr double kQuestion = 1.6, kPicture = 0.8, kCellOfPicture = 0.4, kCellOfQuestion = 0.7;

double chance(double logit) {
  return 1.0 / (1.0 + std::exp(-logit));
}

/// What training adds to a cell on the logit, and how much its runs deviate from that.
double effect_of(const SweepModel& model, std::size_t cell) {
  return 2 * cell >= model.cells ? model.effect : 0.0;
}
double deviation_of(const SweepModel& model, std::size_t cell) {
  return model.seed_deviation * (cell == 0 ? model.spread_of_first : 1.0);
}

/// Mean score of a cell: over questions, pictures and runs the logit is normal; integrated numerically.
double mean_score(double logit, double seed_deviation) {
  const double deviation =
      std::sqrt(kQuestion * kQuestion + kPicture * kPicture + kCellOfPicture * kCellOfPicture +
                kCellOfQuestion * kCellOfQuestion + seed_deviation * seed_deviation);
  double sum = 0.0, mass = 0.0;
  for (double z = -8.0; z <= 8.0; z += 1.0 / 128.0) {
    const double weight = std::exp(-z * z / 2.0);
    sum += weight * chance(logit + deviation * z);
    mass += weight;
  }
  return sum / mass;
}

}  // namespace

std::uint64_t SimulationRandom::bits() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

double SimulationRandom::uniform() {
  return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

double SimulationRandom::normal() {
  return std::sqrt(-2.0 * std::log(1.0 - uniform())) * std::cos(2.0 * std::numbers::pi * uniform());
}

PictureSums simulate_sweep(const SweepModel& model, SimulationRandom& random) {
  std::vector<double> counts;
  for (std::size_t p = 0; p < model.pictures; ++p) {
    const std::size_t most = 2 * model.questions_a_picture - 1;
    counts.push_back(
        static_cast<double>(model.unequal_pictures ? 1 + random.bits() % most : model.questions_a_picture));
  }
  PictureSums sums(model.cells, model.seeds, counts);
  std::vector<double> run(model.cells * model.seeds);
  for (std::size_t s = 0; s < model.seeds; ++s) {
    const double common = random.normal();
    for (std::size_t c = 0; c < model.cells; ++c) {
      const double deviate = std::sqrt(model.seed_correlation) * common +
                             std::sqrt(1.0 - model.seed_correlation) * random.normal();
      run[c * model.seeds + s] = effect_of(model, c) + deviation_of(model, c) * deviate;
    }
  }
  for (std::size_t p = 0; p < model.pictures; ++p) {
    const double of_picture = model.level + kPicture * random.normal();
    std::vector<double> of_cell(model.cells);
    for (double& value : of_cell) value = kCellOfPicture * random.normal();
    for (double q = 0; q < counts[p]; ++q) {
      const double of_question = of_picture + kQuestion * random.normal();
      for (std::size_t c = 0; c < model.cells; ++c) {
        const double logit = of_question + of_cell[c] + kCellOfQuestion * random.normal();
        for (std::size_t s = 0; s < model.seeds; ++s) {
          const double right = chance(logit + run[c * model.seeds + s]);
          for (int level = 0; level < model.soft_levels; ++level) {
            if (random.uniform() < right) sums.at(c, s, p) += 1.0 / model.soft_levels;
          }
        }
      }
    }
  }
  return sums;
}

double true_contrast(const SweepModel& model, std::span<const double> weights) {
  double value = 0.0;
  for (std::size_t c = 0; c < model.cells; ++c) {
    if (weights[c] == 0.0) continue;
    value += weights[c] * mean_score(model.level + effect_of(model, c), deviation_of(model, c));
  }
  return value;
}

}  // namespace imp::results
