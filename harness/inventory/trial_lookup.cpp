// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/trial_lookup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/plan/diagnostics.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

bool is_exactly(const TrialRecord& trial, const std::string& name) {
  std::error_code error;
  return trial.full_name() == name || trial.name == name || fs::equivalent(trial.folder, name, error);
}

/// Beginnings of sweep and trial apart, or of either alone.
bool begins_with(const TrialRecord& trial, const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos) return trial.name.starts_with(name) || trial.sweep.starts_with(name);
  return trial.sweep.starts_with(name.substr(0, slash)) && trial.name.starts_with(name.substr(slash + 1));
}

template <class Fits>
std::vector<const TrialRecord*> trials_that(const std::vector<SweepFolder>& sweeps, const Fits& fits) {
  std::vector<const TrialRecord*> found;
  for (const SweepFolder& sweep : sweeps)
    for (const TrialRecord& trial : sweep.trials)
      if (fits(trial)) found.push_back(&trial);
  return found;
}

}  // namespace

const TrialRecord& find_trial(const std::vector<SweepFolder>& sweeps, const std::string& name) {
  constexpr std::size_t kMostListed = 4;
  auto found = trials_that(sweeps, [&](const TrialRecord& trial) { return is_exactly(trial, name); });
  if (found.empty() && !name.empty())
    found = trials_that(sweeps, [&](const TrialRecord& trial) { return begins_with(trial, name); });
  if (found.size() == 1) return *found.front();
  std::vector<std::string> names;
  if (found.empty()) {
    for (const TrialRecord* trial : trials_that(sweeps, [](const TrialRecord&) { return true; }))
      names.push_back(trial->full_name());
    throw Error(fmt::format("'{}' names no trial{}", name,
                            names.empty() ? "; there is none in this folder" : suggestion(name, names)));
  }
  for (const TrialRecord* trial : found) names.push_back(trial->full_name());
  const std::size_t count = names.size();
  names.resize(std::min(count, kMostListed));
  throw Error(fmt::format("'{}' names {} trials: {}{}; give more of it", name, count, fmt::join(names, "  "),
                          count > kMostListed ? "  ..." : ""));
}

}  // namespace imp::harness
