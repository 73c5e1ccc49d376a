// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/worker.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "harness/executor/process_memory.h"
#include "harness/executor/retry.h"
#include "harness/executor/trial_runner.h"
#include "harness/executor/work_unit.h"
#include "harness/plan/config_writer.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

/// Tells the coordinator what it shows to people and writes into the event stream.
class ReportedProgress : public Progress {
 public:
  explicit ReportedProgress(int descriptor) : Progress({}, false), descriptor_(descriptor) {}

  void event(const nlohmann::json& record) override { report(kReportEvent, record); }
  void report(const char* what, const nlohmann::ordered_json& value) {
    nlohmann::ordered_json record;
    record[what] = value;
    const std::string line = as_line(record);
    for (std::size_t sent = 0; sent < line.size();) {
      const ssize_t count = ::write(descriptor_, line.data() + sent, line.size() - sent);
      if (count < 0 && errno != EINTR) return;  // the coordinator is gone
      if (count > 0) sent += static_cast<std::size_t>(count);
    }
  }

 protected:
  void print(const std::string& line) override { report(kReportLine, line); }

 private:
  int descriptor_;
};

class Worker {
 public:
  Worker(const Sweep& sweep, const std::filesystem::path& runs, const std::atomic<bool>& stop, int reports)
      : sweep_(sweep), progress_(reports), runner_(sweep.spec, runs, stop, progress_) {
    runner_.stages().share_energy_meter();
  }

  int serve(std::istream& units) {
    try {
      for (std::string line; std::getline(units, line);)
        progress_.report(kReportResult, to_json(run(unit_from_json(nlohmann::json::parse(line)))));
      return 0;
    } catch (const Error& error) {
      progress_.report(kReportMachine, error.what());
      return error.exit_code();
    }
  }

 private:
  [[nodiscard]] const Trial& trial_of(const WorkUnit& unit) const {
    const auto trial = std::find_if(sweep_.trials.begin(), sweep_.trials.end(),
                                    [&](const Trial& candidate) { return candidate.name == unit.trial; });
    if (trial == sweep_.trials.end() || nlohmann::json(to_json(trial->config)) != unit.config) {
      throw Error(sweep_.spec.file.string() + ": has changed while the sweep runs; start it again",
                  ErrorKind::environment);
    }
    return *trial;
  }

  UnitResult run(const WorkUnit& unit) {
    runner_.stages().expect_bytes(unit.bytes);
    for (const auto& [key, seconds] : unit.made_early) runner_.note_made_early(key, seconds);
    const PlannedTrial planned{trial_of(unit), unit.stages, {}};
    PlannedTrial current = planned;
    current.trial.config.micro_batch = unit.micro_batch;
    current.trial.config.connector_micro_batch = unit.connector_micro_batch;
    begin_peak_memory();
    return unit.only_stage.empty() ? attempt(planned, current, unit) : make_stage_of(current, unit);
  }

  UnitResult attempt(const PlannedTrial& planned, const PlannedTrial& current, const WorkUnit& unit) {
    const auto lease = runner_.claim(unit.trial);
    if (!lease) return {.status = "interrupted"};
    if (runner_.is_done(planned)) return {.status = "already_done"};
    TrialOutcome outcome;
    (void)runner_.attempt(current, unit.label, outcome);
    // Stalled for so long that another process has done it meanwhile.
    if (!lease->is_held() && runner_.is_done(planned)) return {.status = "already_done"};
    runner_.write(planned, outcome);
    const Attempt& made = outcome.attempts.back();
    return {made.status, made.stage, made.error_type, made.error_message, made.micro_batch};
  }

  UnitResult make_stage_of(const PlannedTrial& current, const WorkUnit& unit) {
    UnitResult result{.status = "done", .micro_batch = unit.micro_batch};
    for (const StageRequest& request : current.stages) {
      if (request.key != unit.only_stage) continue;
      result.stage = request.kind;
      try {
        result.seconds = runner_.stages().make_if_missing(current, request, unit.label).value_or(0.0);
      } catch (const Interrupted&) {
        result.status = "interrupted";
      } catch (const std::exception& failure) {
        const auto* error = dynamic_cast<const Error*>(&failure);
        if (error != nullptr && error->kind() == ErrorKind::environment) throw;
        result.status = "failed";
        std::tie(result.error_type, result.error_message) = describe_failure();
      }
    }
    return result;
  }

  const Sweep& sweep_;
  ReportedProgress progress_;
  TrialRunner runner_;
};

}  // namespace

int serve_as_worker(const Sweep& sweep, const std::filesystem::path& runs, const std::atomic<bool>& stop,
                    std::istream& units, int reports) {
  return Worker(sweep, runs, stop, reports).serve(units);
}

}  // namespace imp::harness
