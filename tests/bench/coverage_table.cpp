// SPDX-License-Identifier: Apache-2.0
// imp-coverage-table [SWEEPS]: how often the 95 % interval of an effect holds the true value, and how wide it
// is, in simulated sweeps of every regime; 2,000 sweeps a regime without an argument. Prints a table.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "tests/results/statistics/coverage.h"

namespace imp::results {
namespace {

constexpr std::size_t kSeeds[] = {2, 3, 5};
constexpr double kSeedDeviations[] = {0.0, 0.1, 0.3};

/// Every regime of the table, in its order.
class Regimes {
 public:
  std::vector<Regime> all() {
    add_cells();
    add_pictures();
    add_spreads();
    add_scores();
    add_missing_cell();
    add_true_effect();
    return std::move(regimes_);
  }

 private:
  void add(std::string name, const SweepModel& model, ContrastKind kind) {
    name += fmt::format(", {} seeds, s.d. {}", model.seeds, model.seed_deviation);
    if (model.seed_correlation > 0.0) name += fmt::format(", alike {}", model.seed_correlation);
    regimes_.push_back({std::move(name), model, kind});
  }

  void add_cells() {
    for (const std::size_t cells : {2U, 3U, 6U, 12U, 24U}) {
      for (const std::size_t seeds : kSeeds) {
        for (const auto& [deviation, alike] :
             {std::pair{0.0, 0.0}, {0.1, 0.0}, {0.1, 0.8}, {0.3, 0.0}, {0.3, 0.8}}) {
          const SweepModel model{
              .cells = cells, .seeds = seeds, .seed_deviation = deviation, .seed_correlation = alike};
          add(fmt::format("{} cells: pair", cells), model, ContrastKind::pair);
          if (cells < 6) continue;
          add(fmt::format("{} cells: main effect", cells), model, ContrastKind::main_effect);
          add(fmt::format("{} cells: interaction", cells), model, ContrastKind::interaction);
        }
      }
    }
  }

  void add_pictures() {
    for (const std::size_t pictures : {30U, 170U, 500U}) {
      for (const std::size_t questions : {1U, 3U, 8U}) {
        const SweepModel model{
            .pictures = pictures, .questions_a_picture = questions, .unequal_pictures = true};
        add_seeds(fmt::format("{} pictures, about {} questions each", pictures, questions), model,
                  ContrastKind::pair);
      }
    }
  }

  void add_spreads() {
    for (const std::size_t cells : {6U, 12U}) {
      for (const double spread : {2.0, 4.0}) {
        const SweepModel model{.cells = cells, .spread_of_first = spread};
        add_seeds(fmt::format("{} cells, the first's spread x {}", cells, spread), model, ContrastKind::pair);
      }
    }
  }

  void add_scores() {
    add_seeds("near the ceiling", {.level = 4.2}, ContrastKind::pair);
    add_seeds("scores k/10", {.soft_levels = 10}, ContrastKind::pair);
    add_seeds("mean of two benchmarks", {}, ContrastKind::mean_of_benchmarks);
  }

  void add_missing_cell() {
    for (const std::size_t cells : {5U, 11U, 23U})
      add_seeds(fmt::format("{} cells, one missing: main effect", cells + 1), {.cells = cells},
                ContrastKind::main_effect);
  }

  void add_true_effect() {
    add_seeds("true effect: pair", {.effect = 0.5}, ContrastKind::pair);
    add_seeds("true effect: main effect", {.effect = 0.5}, ContrastKind::main_effect);
    add_seeds("true effect: interaction", {.effect = 0.5}, ContrastKind::interaction);
    add_seeds("true effect: mean of two benchmarks", {.effect = 0.5}, ContrastKind::mean_of_benchmarks);
  }

  void add_seeds(const std::string& name, SweepModel model, ContrastKind kind) {
    for (const std::size_t seeds : kSeeds) {
      for (const double deviation : kSeedDeviations) {
        model.seeds = seeds;
        model.seed_deviation = deviation;
        add(name, model, kind);
      }
    }
  }

  std::vector<Regime> regimes_;
};

void print_table(int sweeps) {
  fmt::print("| {:<64} | {:>5} | {:>6} | {:>5} |\n", "regime", "holds", "width", "own");
  fmt::print("|{:-<66}|{:-<7}|{:-<8}|{:-<7}|\n", "", "", "", "");
  for (const Regime& regime : Regimes().all()) {
    const Coverage coverage = simulate_coverage(regime, sweeps);
    fmt::print("| {:<64} | {:5.1f} | {:6.2f} | {:5.1f} |\n", regime.name, 100.0 * coverage.held,
               100.0 * coverage.half_width, 100.0 * coverage.own_spread);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace imp::results

int main(int argc, char** argv) {
  const int sweeps = argc > 1 ? std::atoi(argv[1]) : 2000;
  if (argc > 2 || sweeps < 1) {
    fmt::print(stderr, "usage: imp-coverage-table [SWEEPS]\n");
    return 2;
  }
  imp::results::print_table(sweeps);
}
