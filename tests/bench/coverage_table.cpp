// SPDX-License-Identifier: Apache-2.0
// coverage_table [SWEEPS]: how often the 95 % interval of an effect holds the true value, and how wide it is,
// in simulated sweeps of every regime; 2,000 sweeps a regime without an argument. Prints a table.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "results/statistics/contrast.h"
#include "tests/results/statistics/simulated_sweep.h"

namespace imp::results {
namespace {

enum class Effect { pair, main_effect, interaction, two_benchmarks };

std::vector<double> weights_of(Effect effect, std::size_t cells) {
  const std::size_t half = cells / 2;
  std::vector<double> weights(cells, 0.0);
  if (effect == Effect::main_effect) {
    for (std::size_t c = 0; c < cells; ++c) weights[c] = (c < half ? 1.0 : -1.0) / static_cast<double>(half);
  } else if (effect == Effect::interaction) {
    weights[0] = weights[half + 1] = 1.0;
    weights[1] = weights[half] = -1.0;
  } else {
    weights[0] = 1.0;
    weights[cells - 1] = -1.0;
  }
  return weights;
}

void print_regime(const std::string& name, const SweepModel& model, Effect effect, int sweeps) {
  SimulationRandom random(2026);
  const std::vector<double> weights = weights_of(effect, model.cells);
  const double truth = effect == Effect::interaction ? 0.0 : true_difference(model);
  int held = 0, own = 0;
  double width = 0.0;
  for (int i = 0; i < sweeps; ++i) {
    std::vector<PictureSums> benchmarks{simulate_sweep(model, random)};
    if (effect == Effect::two_benchmarks) benchmarks.push_back(simulate_sweep(model, random));
    const ContrastEstimate estimate = ContrastEstimator(std::move(benchmarks)).estimate(weights);
    if (std::abs(estimate.difference - truth) <= estimate.half_width()) ++held;
    if (estimate.spread == SeedSpread::own) ++own;
    width += estimate.half_width();
  }
  fmt::print("| {:<48} | {:5.1f} | {:6.2f} | {:5.1f} |\n", name, 100.0 * held / sweeps,
             100.0 * width / sweeps, 100.0 * own / sweeps);
  std::fflush(stdout);
}

void print_table(int sweeps) {
  fmt::print("| {:<48} | {:>5} | {:>6} | {:>5} |\n", "regime", "holds", "width", "own");
  fmt::print("|{:-<50}|{:-<7}|{:-<8}|{:-<7}|\n", "", "", "", "");
  for (const std::size_t cells : {2U, 3U, 6U, 12U, 24U}) {
    for (const std::size_t seeds : {2U, 3U, 5U}) {
      for (const auto& [deviation, correlation] : std::vector<std::pair<double, double>>{
               {0.0, 0.0}, {0.1, 0.0}, {0.1, 0.8}, {0.3, 0.0}, {0.3, 0.8}}) {
        const SweepModel model{
            .cells = cells, .seeds = seeds, .seed_deviation = deviation, .seed_correlation = correlation};
        const std::string name =
            fmt::format("{} cells, {} seeds, s.d. {}, correlation {}", cells, seeds, deviation, correlation);
        print_regime(name, model, Effect::pair, sweeps);
        if (cells >= 6) print_regime(name + ", main", model, Effect::main_effect, sweeps);
      }
    }
  }
  for (const std::size_t pictures : {30U, 170U, 500U}) {
    for (const std::size_t questions : {1U, 3U, 8U}) {
      print_regime(
          fmt::format("3 seeds, {} pictures, about {} questions each", pictures, questions),
          {.seeds = 3, .pictures = pictures, .questions_a_picture = questions, .unequal_pictures = true},
          Effect::pair, sweeps);
    }
  }
  for (const double spread : {2.0, 4.0}) {
    for (const std::size_t seeds : {2U, 3U, 5U}) {
      print_regime(fmt::format("{} seeds, one cell's spread x {}", seeds, spread),
                   {.seeds = seeds, .spread_of_first = spread}, Effect::pair, sweeps);
    }
  }
  print_regime("3 seeds, near the ceiling", {.seeds = 3, .level = 4.2}, Effect::pair, sweeps);
  print_regime("3 seeds, scores k/10", {.seeds = 3, .soft_levels = 10}, Effect::pair, sweeps);
  print_regime("3 seeds, true effect", {.seeds = 3, .effect = 0.5}, Effect::pair, sweeps);
  print_regime("3 seeds, true effect, main", {.seeds = 3, .effect = 0.5}, Effect::main_effect, sweeps);
  print_regime("3 seeds, interaction", {.seeds = 3}, Effect::interaction, sweeps);
  print_regime("3 seeds, mean of two benchmarks", {.seeds = 3}, Effect::two_benchmarks, sweeps);
}

}  // namespace
}  // namespace imp::results

int main(int argc, char** argv) {
  imp::results::print_table(argc > 1 ? std::atoi(argv[1]) : 2000);
}
