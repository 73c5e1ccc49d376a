// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "eval/predictions/answer_files.h"
#include "eval/predictions/report_json.h"
#include "eval/predictions/score.h"
#include "eval/programs/commands.h"

namespace imp::eval {
namespace {

std::string to_table(const std::string& benchmark, const ScoreReport& report) {
  std::string table = fmt::format(
      "{} {}: {:.1f} % (standard error {:.1f}, clustered by picture; {} questions, {} pictures)\n", benchmark,
      report.metric, 100 * report.mean, 100 * report.standard_error, report.n, report.images);
  std::size_t width = 0;
  for (const FamilyScore& family : report.families) width = std::max(width, family.family.size());
  for (const FamilyScore& family : report.families)
    table += fmt::format("  {:<{}}  {:5.1f} %  n = {}\n", family.family, width, 100 * family.mean, family.n);
  for (const NamedValue& value : report.further)
    table += fmt::format("  {} = {:.4f}\n", value.name, value.value);
  return table;
}

}  // namespace

void run_score(const ScoreRequest& request, std::ostream& out, std::ostream& log) {
  const Benchmark benchmark = load_benchmark(request.benchmark, request.annotations, {});
  const std::vector<Prediction> predictions = read_answers(request.predictions, benchmark);
  const ScoreReport report = score_predictions(benchmark, predictions);
  if (!request.partial) require_complete(report.problems, request.predictions.string());
  const std::string remarks = describe(report.problems);
  if (!remarks.empty())
    log << fmt::format("{}: {}; the score is the mean over {} answered questions\n",
                       request.predictions.string(), remarks, report.n);
  out << (request.json ? report_json(request.benchmark, report).dump(2) + "\n"
                       : to_table(request.benchmark, report));
}

}  // namespace imp::eval
