// SPDX-License-Identifier: Apache-2.0
#include "results/effects/question_sets.h"

#include <span>
#include <utility>

#include "results/effects/answer_scores.h"

namespace imp::results {
namespace {

std::vector<std::string> benchmarks_of(Database& database, std::span<const std::int64_t> trials) {
  std::vector<std::string> names;
  Statement statement(
      database, "SELECT DISTINCT benchmark FROM score WHERE trial_id = ? AND main = 1 ORDER BY benchmark");
  statement.bind_all(trials.front());
  while (statement.step()) names.push_back(statement.text(0));
  return names;
}

}  // namespace

std::vector<QuestionSet> load_question_sets(Database& database, const ComparedSweep& sweep) {
  std::vector<QuestionSet> sets;
  std::vector<PictureSums> whole;
  const auto add = [&](const std::string& benchmark, const AnswerScores& answers,
                       std::optional<std::size_t> family) {
    const auto sums = picture_sums(answers, sweep.cells.size(), sweep.seeds.size(), family, sweep.runs);
    if (!sums) return;
    if (!family) whole.push_back(*sums);
    sets.push_back({benchmark, family ? answers.families[*family] : "", false, ContrastEstimator({*sums}),
                    static_cast<std::size_t>(sums->total_questions()), sums->pictures(), answers.left_out,
                    answers.question_deviation(family)});
  };
  for (const std::string& benchmark : benchmarks_of(database, sweep.trials)) {
    const AnswerScores answers = load_answer_scores(database, benchmark, sweep.trials);
    add(benchmark, answers, {});
    for (std::size_t f = 0; answers.families.size() > 1 && f < answers.families.size(); ++f) {
      if (!answers.families[f].empty()) add(benchmark, answers, f);
    }
  }
  if (whole.size() > 1) {
    std::size_t questions = 0, pictures = 0;
    for (const PictureSums& sums : whole) {
      questions += static_cast<std::size_t>(sums.total_questions());
      pictures += sums.pictures();
    }
    sets.push_back({"average", "", true, ContrastEstimator(std::move(whole)), questions, pictures, 0, {}});
  }
  return sets;
}

}  // namespace imp::results
