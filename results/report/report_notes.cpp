// SPDX-License-Identifier: Apache-2.0
#include "results/report/report_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "results/report/leak_notes.h"
#include "results/report/row_notes.h"

namespace imp::results {
namespace {

struct FailedAttempt {
  std::int64_t attempt = 0;
  std::string stage, reason;
};

/// The last attempt that did not end well.
std::optional<FailedAttempt> last_failure(Database& database, std::int64_t trial_id) {
  Statement statement(database,
                      "SELECT attempt, stage, error_type, error_message FROM attempt "
                      "WHERE trial_id = ? AND status <> 'done' ORDER BY attempt DESC LIMIT 1");
  if (!statement.bind_all(trial_id).step()) return std::nullopt;
  const std::string type = statement.text(2);
  const std::string message = statement.text(3);
  return FailedAttempt{statement.integer(0), statement.text(1),
                       type + (type.empty() || message.empty() ? "" : ": ") + message};
}

std::string failure_note(Database& database, const ReportTrial& trial) {
  if (trial.status == "unreadable")
    return trial.name + ": its outcome.json cannot be read; see `imp-sweep rebuild`";
  std::string note = fmt::format("{}: {}", trial.name, trial.status);
  const auto failure = last_failure(database, trial.trial_id);
  if (!failure) return note;
  if (!failure->stage.empty()) note += " in " + failure->stage;
  if (failure->attempt > 1) note += fmt::format(" after {} attempts", failure->attempt);
  return failure->reason.empty() ? note : note + ": " + failure->reason;
}

std::optional<std::string> retry_note(Database& database, const ReportTrial& trial) {
  Statement last(database,
                 "SELECT attempt, micro_batch FROM attempt WHERE trial_id = ? ORDER BY attempt DESC LIMIT 1");
  const auto failure = last_failure(database, trial.trial_id);
  if (!failure || failure->reason.empty() || !last.bind_all(trial.trial_id).step()) return std::nullopt;
  const std::string with = last.is_null(1) ? "" : fmt::format(" with micro_batch {}", last.integer(1));
  return fmt::format("{}: done at attempt {}{}; attempt {} ended with {}", trial.name, last.integer(0), with,
                     failure->attempt, failure->reason);
}

std::optional<std::string> single_seed_note(const ReportData& data) {
  std::vector<std::string> labels;
  std::size_t scored = 0;
  for (const ReportCell& cell : data.cells) {
    const std::size_t seeds = cell.done().size();
    if (seeds > 0) ++scored;
    if (seeds == 1) labels.push_back(cell.label);
  }
  if (labels.empty()) return std::nullopt;
  const std::string which =
      labels.size() == scored ? "every cell" : fmt::format("{}", fmt::join(labels, "; "));
  return "one seed only: " + which + ". What another seed would change is not in its standard error.";
}

}  // namespace

std::vector<std::string> report_notes(Database& database, const ReportData& data) {
  std::vector<std::string> notes;
  std::vector<std::string> planned;
  for (const ReportCell& cell : data.cells) {
    for (const ReportTrial& trial : cell.trials) {
      if (trial.status == "planned") {
        planned.push_back(trial.name);
      } else if (trial.status != "done") {
        notes.push_back(failure_note(database, trial));
      } else if (const auto note = retry_note(database, trial)) {
        notes.push_back(*note);
      }
    }
  }
  if (!planned.empty()) {
    constexpr std::size_t kShown = 4;
    const auto first = planned.begin();
    const auto end = first + static_cast<std::ptrdiff_t>(std::min(kShown, planned.size()));
    notes.push_back(fmt::format("not run yet: {} of the sweep's trials ({}{})", planned.size(),
                                fmt::join(first, end, "; "), planned.size() > kShown ? "; ..." : ""));
  }
  for (std::string& note : leak_notes(database, data)) notes.push_back(std::move(note));
  for (std::string& note : row_notes(database, data)) notes.push_back(std::move(note));
  if (const auto note = single_seed_note(data)) notes.push_back(*note);
  return notes;
}

}  // namespace imp::results
