// SPDX-License-Identifier: Apache-2.0
#include "results/effects/benchmark_noise.h"

#include <utility>

#include "results/effects/question_sets.h"

namespace imp::results {

std::vector<BenchmarkNoise> benchmark_noises(Database& database, const ComparedSweep& sweep,
                                             const std::string& name) {
  std::vector<BenchmarkNoise> noises;
  if (!sweep.is_comparable()) return noises;
  for (const QuestionSet& set : load_question_sets(database, sweep)) {
    const bool tells = set.estimator.degrees_of_seeds() > 0.0 && set.pictures > 1;
    if (!set.family.empty() || set.is_mean || !tells) continue;
    noises.push_back({set.benchmark, name, sweep.cells.size(), sweep.fewest_seeds(), set.questions,
                      set.pictures, noise_model(set.estimator, set.pictures)});
  }
  return noises;
}

std::optional<BenchmarkNoise> earlier_noise(Database& database, const std::string& benchmark,
                                            const std::string& preferred) {
  std::vector<std::pair<std::int64_t, std::string>> candidates;
  Statement statement(database,
                      "SELECT sweep_id, name FROM sweep WHERE sweep_id IN "
                      "(SELECT sweep_id FROM score JOIN trial USING (trial_id) WHERE benchmark = ?) "
                      "ORDER BY name = ? DESC, created DESC, sweep_id DESC");
  statement.bind_all(benchmark, preferred);
  while (statement.step()) candidates.emplace_back(statement.integer(0), statement.name(1));
  for (const auto& [sweep_id, name] : candidates) {
    const ComparedSweep sweep = load_compared_sweep(database, sweep_id);
    for (BenchmarkNoise& noise : benchmark_noises(database, sweep, name)) {
      if (noise.benchmark == benchmark) return std::move(noise);
    }
  }
  return std::nullopt;
}

}  // namespace imp::results
