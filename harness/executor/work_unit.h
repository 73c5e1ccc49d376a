// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/executor/outcome.h"
#include "harness/executor/stage_maker.h"

namespace imp::harness {

/// What a coordinator gives a worker to do: one attempt at a trial, or one of its stages that other trials
/// need too. It says all that was planned, so that the worker plans nothing by itself.
struct WorkUnit {
  std::string trial;
  std::string label;      ///< `[3/12 lora_rank=8,seed=1]`
  nlohmann::json config;  ///< the trial's, by which a worker sees that the sweep file has changed
  StageList stages;
  std::string only_stage;  ///< key of the one stage to make; empty: an attempt at the trial
  std::int64_t micro_batch = 0, connector_micro_batch = 0;
  std::map<std::string, double> made_early;  ///< see TrialRunner::note_made_early
  StageBytes bytes;
};

/// What became of it.
struct UnitResult {
  std::string status;  ///< done, failed, interrupted, or already_done: by another process
  std::string stage = {}, error_type = {}, error_message = {};  ///< of a failure
  std::int64_t micro_batch = 0;
  double seconds = 0;  ///< of making the only stage; 0 where it was there
};

[[nodiscard]] nlohmann::ordered_json to_json(const WorkUnit& unit);
[[nodiscard]] nlohmann::ordered_json to_json(const UnitResult& result);
// These throw nlohmann::json::exception.
[[nodiscard]] WorkUnit unit_from_json(const nlohmann::json& record);
[[nodiscard]] UnitResult result_from_json(const nlohmann::json& record);

/// A worker's report is a line of JSON with one of these keys.
inline constexpr const char* kReportLine = "line";        ///< for people
inline constexpr const char* kReportEvent = "event";      ///< for the event stream
inline constexpr const char* kReportResult = "result";    ///< the unit is over
inline constexpr const char* kReportMachine = "machine";  ///< what is wrong with the machine: the worker ends

/// A report or unit as the line that goes through a pipe.
[[nodiscard]] std::string as_line(const nlohmann::ordered_json& record);

}  // namespace imp::harness
