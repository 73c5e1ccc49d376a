// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/expected_intervals.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "harness/plan/plan.h"
#include "results/effects/benchmark_noise.h"
#include "results/effects/comparison.h"
#include "results/results_database.h"
#include "results/statistics/power.h"
#include "results/store_error.h"

namespace imp::harness {
namespace {

using results::Comparison;
using results::Foresight;
using results::NoiseModel;

constexpr double kPoint = 0.01;
constexpr std::size_t kQuestionsOfRendered = 2;  ///< a picture, as data/dataset.h has it

/// A sweep's cells, as results/effects compares them, and how many seeds each has at least.
struct PlannedCells {
  std::vector<results::ComparedFactor> factors;
  std::vector<results::ComparedCell> cells;
  std::size_t seeds = 0;
};

PlannedCells cells_of(const Plan& plan) {
  PlannedCells planned;
  for (const FactorLevels& factor : plan.sweep.factors)
    planned.factors.push_back({factor.name, factor.levels});
  std::vector<std::vector<std::string>> order;
  std::map<std::vector<std::string>, std::size_t> seeds;
  for (const PlannedTrial& trial : plan.trials) {
    std::vector<std::string> levels;
    for (const auto& [factor, level] : trial.trial.levels) levels.push_back(level);
    if (++seeds[levels] == 1) order.push_back(levels);
  }
  planned.seeds = order.empty() ? 0 : seeds.begin()->second;
  for (const auto& [levels, count] : seeds) planned.seeds = std::min(planned.seeds, count);
  for (std::vector<std::string>& levels : order) planned.cells.push_back({std::move(levels), {}});
  return planned;
}

/// The cells of a full grid over the same levels.
std::vector<results::ComparedCell> full_grid(const std::vector<results::ComparedFactor>& factors) {
  std::vector<results::ComparedCell> cells{{}};
  for (const results::ComparedFactor& factor : factors) {
    std::vector<results::ComparedCell> longer;
    for (const results::ComparedCell& cell : cells) {
      for (const std::string& level : factor.levels) {
        longer.push_back(cell);
        longer.back().levels.push_back(level);
      }
    }
    cells = std::move(longer);
  }
  return cells;
}

/// The noise on one benchmark, and how much of it will be asked.
struct Benchmarked {
  std::string name;
  NoiseModel noise;
  std::size_t pictures = 0;
};

/// Without an earlier sweep: scores near 60 %, three quarters of a score's variance its question's own, which
/// differences of cells do not meet, an eighth what a cell makes of the question and an eighth what a run
/// does; runs of one cell spread by 1.5 points beyond that.
NoiseModel assumed_noise(double questions_a_picture) {
  constexpr double kScore = 0.6, kSeedDeviation = 1.5 * kPoint;
  const double eighth = kScore * (1.0 - kScore) / 8.0 / questions_a_picture;
  return {.picture_variance = 2.0 * eighth,
          .question_variance = eighth,
          .cell_seed_variance = kSeedDeviation * kSeedDeviation};
}

class Teller {
 public:
  Teller(const Plan& plan, const std::filesystem::path& database) : plan_(plan), cells_(cells_of(plan)) {
    open(database);
  }

  ExpectedIntervals tell() {
    if (cells_.cells.size() < 2) return std::move(told_);
    if (too_many_pairs()) {
      told_.warnings.emplace_back("so many levels make too many pairs to foretell their intervals here");
      return std::move(told_);
    }
    for (const Benchmark& benchmark : plan_.sweep.spec.benchmarks) {
      if (const auto known = look_up(benchmark)) tell(*known);
    }
    if (!told_.intervals.empty()) warn();
    return std::move(told_);
  }

 private:
  void open(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return;
    constexpr std::chrono::milliseconds kShort(200);
    try {
      database_.emplace(results::open_results(path, results::Access::read, kShort));
    } catch (const results::StoreError& error) {
      told_.warnings.push_back(fmt::format("no noise is taken from earlier sweeps: {}", error.what()));
    }
  }

  /// Matching is quick up to here; a plan should not wait for more.
  [[nodiscard]] bool too_many_pairs() const {
    constexpr std::size_t kMost = 20'000'000;
    std::size_t work = 0;
    for (const results::ComparedFactor& factor : cells_.factors)
      work += factor.levels.size() * factor.levels.size() * cells_.cells.size();
    return work > kMost;
  }

  [[nodiscard]] std::optional<results::BenchmarkNoise> earlier(const std::string& benchmark) {
    if (!database_) return std::nullopt;
    try {
      return results::earlier_noise(*database_, benchmark, plan_.sweep.spec.name);
    } catch (const results::StoreError& error) {
      told_.warnings.push_back(fmt::format("no noise is taken from earlier sweeps: {}", error.what()));
      database_.reset();
      return std::nullopt;
    }
  }

  /// How many questions and pictures will be asked: from the benchmark's files, its rendering, or as an
  /// earlier sweep asked them. Zeros if nobody knows.
  [[nodiscard]] std::pair<std::size_t, std::size_t> asked(
      const Benchmark& benchmark, const std::optional<results::BenchmarkNoise>& earlier) const {
    for (const BenchmarkCounts& counts : plan_.benchmarks) {
      if (counts.name == benchmark.name) return {counts.questions, counts.pictures};
    }
    if (benchmark.annotations.empty()) {
      auto pictures = static_cast<std::size_t>(plan_.trials.front().trial.config.test_pictures);
      auto questions = kQuestionsOfRendered * pictures;
      if (earlier && earlier->pictures == pictures) questions = earlier->questions;
      const auto limit = static_cast<std::size_t>(benchmark.limit);
      if (limit > 0 && limit < questions) {
        pictures = std::max<std::size_t>(1, pictures * limit / questions);
        questions = limit;
      }
      return {questions, pictures};
    }
    return earlier ? std::pair(earlier->questions, earlier->pictures)
                   : std::pair<std::size_t, std::size_t>(0, 0);
  }

  [[nodiscard]] std::optional<Benchmarked> look_up(const Benchmark& benchmark) {
    const std::optional<results::BenchmarkNoise> noise = earlier(benchmark.name);
    const auto [questions, pictures] = asked(benchmark, noise);
    if (pictures == 0) {
      told_.warnings.push_back(fmt::format(
          "{}: its questions were asked already and no earlier sweep in the database has their scores, so "
          "nothing is foretold of its intervals",
          benchmark.name));
      return std::nullopt;
    }
    Benchmarked known{benchmark.name, {}, pictures};
    ExpectedNoise said{benchmark.name, noise ? noise->sweep : "", "", 0.0};
    if (noise) {
      known.noise = noise->model;
      said.statement = fmt::format(
          "as in sweep '{}' ({} cells, {} seeds, {} questions about {} pictures): {:.2f} points from seed to "
          "seed beyond what questions explain{}",
          noise->sweep, noise->cells, noise->seeds, noise->questions, noise->pictures,
          std::sqrt(noise->model.cell_seed_variance) / kPoint,
          (noise->cells - 1) * (noise->seeds - 1) < kFewDegrees
              ? fmt::format(", known from {} degrees of freedom only, so roughly",
                            (noise->cells - 1) * (noise->seeds - 1))
              : "");
    } else {
      known.noise = assumed_noise(static_cast<double>(questions) / static_cast<double>(pictures));
      said.statement =
          "assumed, since no earlier sweep in the database tells it: scores near 60 %, of whose variance "
          "three "
          "quarters belong to the questions alike in all cells, and 1.5 points from seed to seed";
    }
    said.seed_deviation = std::sqrt(known.noise.cell_seed_variance);
    told_.noise.push_back(std::move(said));
    return known;
  }

  void tell(const Benchmarked& benchmark) {
    std::map<std::size_t, ExpectedInterval> by_groups;  // all else of the design is the same
    for (const Comparison& comparison : results::level_comparisons(cells_.factors, cells_.cells)) {
      const auto [known, fresh] = by_groups.try_emplace(comparison.groups);
      if (fresh) known->second = interval_of(benchmark, comparison.groups);
      ExpectedInterval& expected = told_.intervals.emplace_back(known->second);
      expected.factor = comparison.factor;
      expected.from_level = comparison.from_level;
      expected.to_level = comparison.to_level;
    }
    const std::vector<VaryBlock>& vary = plan_.sweep.spec.vary;
    if (vary.size() == 1 && vary.front().form == VaryForm::ofat) compare_with_grid(benchmark);
  }

  /// Of a comparison over so many matched groups.
  [[nodiscard]] ExpectedInterval interval_of(const Benchmarked& benchmark, std::size_t groups) const {
    const results::Design design{cells_.cells.size(), groups, cells_.seeds, benchmark.pictures};
    ExpectedInterval expected;
    expected.benchmark = benchmark.name;
    expected.groups = groups;
    expected.pictures = benchmark.pictures;
    const Foresight with_seeds(benchmark.noise, design);
    NoiseModel of_questions = benchmark.noise;
    of_questions.cell_seed_variance = 0.0;
    // With one seed the report knows of no other and prints what questions alone make uncertain.
    const Foresight printed(cells_.seeds == 1 ? of_questions : benchmark.noise, design);
    expected.half_width = printed.half_width();
    if (cells_.seeds == 1) expected.with_other_seed = with_seeds.half_width();
    expected.smallest_effect = with_seeds.smallest_effect();
    expected.seeds_needed = results::seeds_needed(benchmark.noise, design, kPoint);
    return expected;
  }

  /// What the same seeds in a full grid would resolve.
  void compare_with_grid(const Benchmarked& benchmark) {
    if (cells_.factors.size() < 2) return;
    constexpr std::size_t kMostCells = 1000;
    std::size_t count = 1;
    for (const results::ComparedFactor& factor : cells_.factors) count *= factor.levels.size();
    if (count > kMostCells || count <= cells_.cells.size()) return;
    const std::vector<results::ComparedCell> grid = full_grid(cells_.factors);
    const std::vector<Comparison> pairs = results::level_comparisons(cells_.factors, grid);
    if (pairs.empty()) return;
    const auto fewest = std::min_element(pairs.begin(), pairs.end(),
                                         [](const auto& a, const auto& b) { return a.groups < b.groups; });
    const Foresight now(benchmark.noise, {cells_.cells.size(), 1, cells_.seeds, benchmark.pictures});
    const Foresight then(benchmark.noise, {grid.size(), fewest->groups, cells_.seeds, benchmark.pictures});
    told_.warnings.push_back(fmt::format(
        "{}: one factor at a time compares single pairs of cells (±{:.1f} points in {} cells); `vary: grid` "
        "over "
        "the same levels compares {} pairs or more (±{:.1f} points in {} cells), and shows interactions",
        benchmark.name, now.half_width() / kPoint, cells_.cells.size(), fewest->groups,
        then.half_width() / kPoint, grid.size()));
  }

  void warn() {
    if (cells_.seeds == 1) {
      told_.warnings.emplace_back(
          "one seed: the intervals will be of these checkpoints, not of the recipe; another seed may change "
          "more than they say");
    }
    if (cells_.seeds == 2 && cells_.cells.size() == 2) {
      told_.warnings.emplace_back(
          "two cells with two seeds: the spread of seeds will rest on one degree of freedom, so the widths "
          "are "
          "a lottery; a third seed or a third cell narrows them most");
    }
  }

  static constexpr std::size_t kFewDegrees = 6;

  const Plan& plan_;
  PlannedCells cells_;
  std::optional<results::Database> database_;
  ExpectedIntervals told_;
};

}  // namespace

ExpectedIntervals expected_intervals(const Plan& plan, const std::filesystem::path& database) {
  return Teller(plan, database).tell();
}

}  // namespace imp::harness
