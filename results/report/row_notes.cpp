// SPDX-License-Identifier: Apache-2.0
#include "results/report/row_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace imp::results {
namespace {

std::vector<std::string> kind_notes(Database& database, std::int64_t sweep_id) {
  Statement trials(
      database, "SELECT count(*) FROM trial WHERE sweep_id = ? AND status NOT IN ('planned', 'unreadable')");
  trials.bind_all(sweep_id).step();
  const std::int64_t all = trials.integer(0);
  Statement kinds(database,
                  "SELECT stage, text, count(*) FROM row_kind JOIN trial USING (trial_id) WHERE sweep_id = ? "
                  "GROUP BY stage, text ORDER BY stage, teaches_nothing DESC, file, first_row");
  kinds.bind_all(sweep_id);
  std::vector<std::string> notes;
  while (kinds.step()) {
    const std::int64_t with = kinds.integer(2);
    notes.push_back(fmt::format("{} rows: {}{}", kinds.text(0), kinds.text(1),
                                with == all ? "" : fmt::format(" (in {} of {} trials)", with, all)));
  }
  return notes;
}

std::vector<std::string> empty_step_notes(Database& database, std::int64_t sweep_id) {
  // A loss may be absent for another reason too; only a step over nothing has no token.
  Statement steps(database,
                  "SELECT trial.name, sum(loss IS NULL AND tokens = 0) AS empty, count(*) FROM train_step "
                  "JOIN trial USING (trial_id) WHERE sweep_id = ? GROUP BY trial_id HAVING empty > 0 "
                  "ORDER BY trial_id");
  steps.bind_all(sweep_id);
  constexpr std::size_t kShown = 4;
  std::size_t trials = 0;
  std::vector<std::string> shown;
  while (steps.step()) {
    if (++trials <= kShown)
      shown.push_back(fmt::format("{}: {} of {}", steps.text(0), steps.integer(1), steps.integer(2)));
  }
  if (trials == 0) return {};
  return {fmt::format("training steps without a token to learn, so without a loss: {}{}",
                      fmt::join(shown, "; "),
                      trials > kShown ? fmt::format("; and {} more trials", trials - kShown) : "")};
}

}  // namespace

std::vector<std::string> row_notes(Database& database, const ReportData& data) {
  std::vector<std::string> notes = kind_notes(database, data.sweep_id);
  for (std::string& note : empty_step_notes(database, data.sweep_id)) notes.push_back(std::move(note));
  return notes;
}

}  // namespace imp::results
