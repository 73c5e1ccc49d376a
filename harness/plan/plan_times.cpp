// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan_times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "harness/plan/plan_printer.h"

namespace imp::harness {
namespace {

/// What no earlier stage of the kind tells.
bool is_rough(const PlannedStage& stage) {
  return stage.seconds && stage.status != StageStatus::reuse && stage.seconds_from != TimeSource::none &&
         stage.seconds_from != TimeSource::same_kind;
}

}  // namespace

std::string time_as_text(const PlannedStage& stage) {
  if (stage.status == StageStatus::reuse) return "-";
  return (is_rough(stage) ? "~" : "") + duration_as_text(stage.seconds);
}

std::string total_time_as_text(const Plan& plan) {
  double known = 0;
  std::size_t unknown = 0;
  for (const PlannedStage& stage : plan.stages) {
    if (stage.seconds) {
      known += *stage.seconds;
    } else {
      ++unknown;
    }
  }
  if (unknown == plan.stages.size()) return "unknown";
  const bool rough = std::any_of(plan.stages.begin(), plan.stages.end(), is_rough);
  const std::string time = (rough ? "~" : "") + duration_as_text(known);
  return unknown == 0 ? time
                      : fmt::format("{} and {} of unknown time", time,
                                    unknown == 1 ? "1 stage" : fmt::format("{} stages", unknown));
}

/// What the marked times rest on.
std::string sources_of_times(const Plan& plan) {
  const auto comes_from = [&](TimeSource source) {
    return std::any_of(plan.stages.begin(), plan.stages.end(), [&](const PlannedStage& stage) {
      return is_rough(stage) && stage.seconds_from == source;
    });
  };
  std::vector<std::string> sources;
  if (comes_from(TimeSource::other_stages)) {
    const double rate = plan.rates.cpu.value_or(plan.rates.gpu.value_or(0.0));
    sources.push_back(fmt::format("the {:.0f} GFLOP/s of other stages that this machine made", rate / 1e9));
  }
  if (comes_from(TimeSource::measured_rate)) {
    sources.push_back(fmt::format(
        "a measured {:.0f} GFLOP/s of this machine in float32 products, when it does nothing else",
        plan.measured_rate.value_or(0.0) / 1e9));
  }
  if (comes_from(TimeSource::typical)) sources.emplace_back("what such stages took elsewhere");
  return sources.empty() ? ""
                         : fmt::format("times marked ~ are from {}\n", fmt::join(sources, ", and from "));
}

std::string_view source_name(TimeSource source) {
  switch (source) {
    case TimeSource::none:
      return "";
    case TimeSource::same_kind:
      return "stage of the kind";
    case TimeSource::other_stages:
      return "other stages";
    case TimeSource::measured_rate:
      return "measured rate";
    case TimeSource::typical:
      break;
  }
  return "typical";
}

}  // namespace imp::harness
