// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/local_executor.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/executor/pictures_look.h"
#include "harness/executor/process_memory.h"
#include "harness/executor/retry.h"

namespace imp::harness {

LocalExecutor::LocalExecutor(const Plan& plan, const std::filesystem::path& runs,
                             const std::atomic<bool>& stop, Progress& progress, TrialEnded trial_ended)
    : plan_(plan),
      progress_(progress),
      trial_ended_(std::move(trial_ended)),
      runner_(plan.sweep.spec, runs, stop, progress) {
  runner_.stages().expect_bytes(bytes_of_stages(plan));
}

SweepResult LocalExecutor::run(bool fail_fast) {
  SweepResult result;
  resolve_devices();
  try {
    look_at_pictures(plan_, runner_);
  } catch (const Interrupted&) {
    result.interrupted = true;
    return result;
  }
  std::vector<size_t> run_elsewhere;
  for (size_t index = 0; index < plan_.trials.size(); ++index) {
    const PlannedTrial& planned = plan_.trials[index];
    if (runner_.is_done(planned)) {
      ++result.already_done;
      continue;
    }
    const auto lease = runner_.try_claim(planned.trial.name);
    if (!lease) {
      run_elsewhere.push_back(index);
    } else if (!run_claimed(index, *lease, fail_fast, result)) {
      return result;
    }
  }
  for (const size_t index : run_elsewhere) {
    const auto lease = runner_.claim(plan_.trials[index].trial.name);
    result.interrupted = !lease;
    if (!lease || !run_claimed(index, *lease, fail_fast, result)) return result;
  }
  return result;
}

bool LocalExecutor::run_claimed(size_t index, const Lease& lease, bool fail_fast, SweepResult& result) {
  const PlannedTrial& planned = plan_.trials[index];
  std::optional<Ending> ending;
  if (!runner_.is_done(planned)) ending = run_trial(planned, index + 1, lease);
  trial_ended_(planned.trial.name);
  if (!ending) {
    ++result.already_done;
    return true;
  }
  switch (*ending) {
    case Ending::done:
      ++result.done;
      return true;
    case Ending::failed:
      ++result.failed;
      return !fail_fast;
    case Ending::interrupted:
      result.interrupted = true;
      break;
  }
  return false;
}

void LocalExecutor::resolve_devices() {
  std::set<std::string> known;
  for (const PlannedTrial& planned : plan_.trials) {
    const std::string& device = planned.trial.config.device;
    if (known.contains(device) || runner_.is_done(planned)) continue;
    (void)runner_.stages().device_of(planned);
    known.insert(device);
  }
}

std::optional<Ending> LocalExecutor::run_trial(const PlannedTrial& planned, size_t number,
                                               const Lease& lease) {
  const std::string label = fmt::format("[{}/{} {}]", number, plan_.trials.size(), planned.trial.name);
  TrialOutcome outcome;
  PlannedTrial current = planned;
  begin_peak_memory();
  Ending ending = runner_.attempt(current, label, outcome);
  for (int64_t tries = 1;; ++tries) {
    const Attempt& last = outcome.attempts.back();
    const int64_t micro_batch = current.trial.config.micro_batch;
    if (!prepare_next_try(plan_.sweep.spec.retry, last, tries, current.trial.config)) break;
    if (current.trial.config.micro_batch != micro_batch) {
      progress_.say(fmt::format("{}: trying again with micro_batch {}", planned.trial.name,
                                current.trial.config.micro_batch));
    }
    ending = runner_.attempt(current, label, outcome);
  }
  if (!lease.is_held() && runner_.is_done(planned)) return std::nullopt;
  runner_.write(planned, outcome);
  return ending;
}

}  // namespace imp::harness
