// SPDX-License-Identifier: Apache-2.0
#include "results/effects/benchmark_noise.h"

#include <cmath>
#include <utility>

#include "results/effects/question_sets.h"
#include "results/effects/sweep_statistics.h"

namespace imp::results {

std::vector<BenchmarkNoise> compute_benchmark_noises(Database& database, const ComparedSweep& sweep,
                                                     const std::string& name) {
  std::vector<BenchmarkNoise> noises;
  if (!sweep.is_comparable()) return noises;
  for (const QuestionSet& set : load_question_sets(database, sweep)) {
    const bool tells = set.estimator.degrees_of_seeds() > 0.0 && set.pictures > 1;
    if (!set.family.empty() || set.is_mean || !tells) continue;
    const NoiseModel model = noise_model(set.estimator, set.pictures);
    if (!std::isfinite(model.picture_variance) || !std::isfinite(model.question_variance) ||
        !std::isfinite(model.cell_seed_variance))
      continue;
    noises.push_back(
        {set.benchmark, name, sweep.cells.size(), sweep.fewest_seeds(), set.questions, set.pictures, model});
  }
  return noises;
}

void replace_benchmark_noises(Database& database, std::int64_t sweep_id,
                              const std::vector<BenchmarkNoise>& noises) {
  Statement(database, "DELETE FROM benchmark_noise WHERE sweep_id = ?").run(sweep_id);
  Statement insert(
      database,
      "INSERT INTO benchmark_noise (sweep_id, benchmark, cells, seeds, questions, pictures, "
      "picture_variance, question_variance, cell_seed_variance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const auto count = [](std::size_t number) { return static_cast<std::int64_t>(number); };
  for (const BenchmarkNoise& noise : noises)
    insert.run(sweep_id, noise.benchmark, count(noise.cells), count(noise.seeds), count(noise.questions),
               count(noise.pictures), noise.model.picture_variance, noise.model.question_variance,
               noise.model.cell_seed_variance);
}

std::vector<BenchmarkNoise> benchmark_noises(Database& database, const ComparedSweep& sweep,
                                             const std::string& name) {
  if (!has_current_statistics(database, sweep.sweep_id))
    return compute_benchmark_noises(database, sweep, name);
  std::vector<BenchmarkNoise> noises;
  Statement row(database,
                "SELECT benchmark, cells, seeds, questions, pictures, picture_variance, question_variance, "
                "cell_seed_variance FROM benchmark_noise WHERE sweep_id = ? ORDER BY benchmark");
  row.bind_all(sweep.sweep_id);
  const auto count = [&](int column) { return static_cast<std::size_t>(row.integer(column)); };
  while (row.step())
    noises.push_back(
        {row.text(0), name, count(1), count(2), count(3), count(4), {row.real(5), row.real(6), row.real(7)}});
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
