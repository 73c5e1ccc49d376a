// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/training_curves.h"

#include <algorithm>
#include <map>
#include <utility>

namespace imp::results {
namespace {

/// A curve that is yet to be read: by the stage's key where trials share it, or else by trial.
struct Source {
  const ReportCell* cell = nullptr;
  const ReportTrial* trial = nullptr;
  std::string key;
  std::size_t trials = 1;
};

std::vector<std::string> trained_stages(Database& database, const std::string& sweep) {
  std::vector<std::string> stages;
  Statement statement(
      database, "SELECT stage FROM v_curve WHERE sweep = ? GROUP BY stage ORDER BY stage <> 'connector'");
  statement.bind_all(sweep);
  while (statement.step()) stages.push_back(statement.text(0));
  return stages;
}

/// Cells in plan order, each with the curves that no cell before it has.
std::vector<std::vector<Source>> sources_by_cell(Database& database, const ReportData& data,
                                                 const std::string& stage) {
  Statement shared(
      database,
      "SELECT key FROM trial_stage AS t WHERE trial_id = ? AND kind = ? AND EXISTS (SELECT 1 FROM "
      "stage_step AS s WHERE s.kind = t.kind AND s.key = t.key)");
  std::vector<std::vector<Source>> cells;
  std::map<std::string, std::pair<std::size_t, std::size_t>> place_of_key;
  for (const ReportCell& cell : data.cells) {
    std::vector<Source> sources;
    for (const ReportTrial* trial : cell.done()) {
      const std::string key = shared.bind_all(trial->trial_id, stage).step() ? shared.text(0) : std::string();
      shared.reset();
      if (const auto known = place_of_key.find(key); !key.empty() && known != place_of_key.end()) {
        const auto [c, s] = known->second;
        ++(c < cells.size() ? cells[c] : sources)[s].trials;
        continue;
      }
      if (!key.empty()) place_of_key[key] = {cells.size(), sources.size()};
      sources.push_back({&cell, trial, key});
    }
    if (!sources.empty()) cells.push_back(std::move(sources));
  }
  return cells;
}

template <class Item>
std::vector<Item> evenly_chosen(const std::vector<Item>& items, std::size_t count) {
  std::vector<Item> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(items[i * items.size() / count]);
  return chosen;
}

/// How many of the cells can be shown if they have at most `most` curves together.
std::size_t shown_cells(const std::vector<std::vector<Source>>& cells, std::size_t most) {
  std::size_t curves = 0, most_of_a_cell = 1;
  for (const auto& cell : cells) {
    curves += cell.size();
    most_of_a_cell = std::max(most_of_a_cell, cell.size());
  }
  return curves <= most ? cells.size() : std::clamp<std::size_t>(most / most_of_a_cell, 1, cells.size());
}

LossCurve read_curve(Database& database, const ReportData& data, const std::string& stage,
                     const Source& source, std::size_t points) {
  LossCurve curve{source.trial->name, source.cell->label, source.trials, {}, {}};
  Statement last(database, "SELECT max(step) FROM v_curve WHERE sweep = ? AND trial = ? AND stage = ?");
  if (!last.bind_all(data.name, source.trial->name, stage).step() || last.is_null(0)) return curve;
  const std::int64_t width = last.integer(0) / static_cast<std::int64_t>(points) + 1;
  Statement steps(
      database,
      "SELECT max(step), avg(loss) FROM v_curve WHERE sweep = ?1 AND trial = ?2 AND stage = ?3 AND "
      "loss IS NOT NULL GROUP BY step / ?4 ORDER BY 1");
  steps.bind_all(data.name, source.trial->name, stage, width);
  while (steps.step()) {
    curve.steps.push_back(steps.integer(0));
    curve.losses.push_back(steps.real(1));
  }
  return curve;
}

}  // namespace

std::vector<StageCurves> training_curves(Database& database, const ReportData& data, std::size_t most,
                                         std::size_t points) {
  std::vector<StageCurves> stages;
  for (const std::string& stage : trained_stages(database, data.name)) {
    const auto cells = sources_by_cell(database, data, stage);
    const auto shown = evenly_chosen(cells, shown_cells(cells, most));
    StageCurves curves{stage, {}, shown.size(), cells.size()};
    for (const auto& sources : shown) {
      for (const Source& source : sources) {
        LossCurve curve = read_curve(database, data, stage, source, points);
        if (!curve.steps.empty()) curves.curves.push_back(std::move(curve));
      }
    }
    if (!curves.curves.empty()) stages.push_back(std::move(curves));
  }
  return stages;
}

}  // namespace imp::results
