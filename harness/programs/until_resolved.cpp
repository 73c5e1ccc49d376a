// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <limits>
#include <utility>

#include "harness/executor/provenance.h"
#include "harness/plan/added_seeds.h"
#include "harness/plan/duration.h"
#include "harness/plan/looks.h"
#include "harness/plan/machine_rate.h"
#include "harness/plan/plan.h"
#include "harness/plan/plan_printer.h"
#include "harness/plan/time_estimate.h"
#include "harness/programs/sweep_run.h"
#include "models/io/error.h"
#include "models/io/printable.h"
#include "results/effects/factor_look.h"
#include "results/report/sweep_choice.h"
#include "results/results_database.h"

namespace imp::harness {
namespace {

using results::FactorLook;
using results::LooksRecord;
using results::SeedRound;
using std::chrono::steady_clock;

/// Seconds that the command may take; more than any if none are given.
double budget_of(const SweepOptions& options) {
  if (options.budget.empty()) return std::numeric_limits<double>::infinity();
  if (const auto seconds = parse_duration(options.budget)) return *seconds;
  throw Error(fmt::format("--budget: '{}' is no time; write 2h, 90m or 1h30m", options.budget));
}

/// What is left to make of a plan: trials, and their predicted time.
struct Work {
  std::size_t trials = 0;
  double seconds = 0.0;
};

Work work_left(const Plan& plan) {
  Work work;
  for (const PlannedStage& stage : plan.stages) work.seconds += stage.seconds.value_or(0.0);
  for (const PlannedTrial& trial : plan.trials) {
    for (const std::size_t stage : trial.planned) {
      if (plan.stages[stage].status == StageStatus::reuse) continue;
      ++work.trials;
      break;
    }
  }
  return work;
}

class Looks {
 public:
  explicit Looks(const SweepOptions& options)
      : options_(options), budget_(budget_of(options)), sweep_(load()), record_(planned()), run_(options) {}

  int take() {
    if (!record_.rounds.empty() && is_beyond_budget(record_))
      return kWorkLeft;  // a round that was interrupted
    for (;;) {
      const int code = run_.make_missing(record_);
      if (code == kSomeFailed) run_.show();
      if (code != 0) return code;
      sweep_ = load();
      const FactorLook look = look_at();
      say(look);
      if (look.open.empty() || current_look(record_) >= record_.planned.looks) break;
      LooksRecord next = record_;
      next.rounds.push_back(next_round(sweep_, record_, look.cells, iso_time_now()));
      if (is_beyond_budget(next)) {
        run_.show();
        return kWorkLeft;
      }
      write_looks(options_.runs, name(), next);
      record_ = std::move(next);
    }
    run_.show();
    return 0;
  }

 private:
  [[nodiscard]] const std::string& name() const { return sweep_.spec.name; }
  [[nodiscard]] LooksRecord planned() const {
    if (!options_.only.empty())
      throw Error("--until-resolved: looks are at whole comparisons; leave out --only");
    return plan_looks(sweep_, options_.until_resolved, read_looks(options_.runs, name()), iso_time_now());
  }

  [[nodiscard]] Sweep load() const {
    return load_sweep(options_.file, options_.overrides, "", options_.runs);
  }

  [[nodiscard]] FactorLook look_at() const {
    results::Database database = results::open_results(options_.database, results::Access::read);
    return results::look_at_factor(database, results::sweep_id_of(database, name()), record_.planned.factor);
  }

  /// Whether what a record adds, and what else is left, would take longer than there is; says so.
  [[nodiscard]] bool is_beyond_budget(const LooksRecord& record) const {
    Plan plan = make_plan(expand(sweep_.spec, "", added_seeds(record)), options_.runs);
    estimate_times(plan, measure_product_rate);
    const Work work = work_left(plan);
    const double so_far = std::chrono::duration<double>(steady_clock::now() - began_).count();
    if (so_far + work.seconds <= budget_) {
      if (work.trials > 0) {
        tell(fmt::format("{} to train, about {}",
                         work.trials == 1 ? "1 trial" : fmt::format("{} trials", work.trials),
                         duration_as_text(work.seconds)));
      }
      return false;
    }
    tell(fmt::format(
        "stopped before look {} of {}: {} trials of about {} would go beyond the budget of {}; the same "
        "command with a larger --budget goes on from here",
        current_look(record), record.planned.looks, work.trials, duration_as_text(work.seconds),
        options_.budget));
    return true;
  }

  void say(const FactorLook& look) const {
    const std::string what = fmt::format("look {} of {} at {}", current_look(record_), record_.planned.looks,
                                         record_.planned.factor);
    if (look.open.empty()) {
      tell(fmt::format("{}: all {} differences are resolved", what, look.comparisons));
      return;
    }
    tell(fmt::format("{}: {} of {} differences not resolved: {}", what, look.open.size(), look.comparisons,
                     fmt::join(look.open, "; ")));
  }

  static void tell(const std::string& line) { fmt::print(stderr, "{}\n", printable(line)); }

  const SweepOptions& options_;
  const steady_clock::time_point began_ = steady_clock::now();
  double budget_;
  Sweep sweep_;
  LooksRecord record_;
  SweepRun run_;
};

}  // namespace

int run_until_resolved(const SweepOptions& options) {
  return Looks(options).take();
}

}  // namespace imp::harness
