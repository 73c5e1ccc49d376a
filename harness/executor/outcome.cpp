// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/outcome.h"

#include <algorithm>

#include "harness/executor/cost.h"
#include "harness/executor/provenance.h"
#include "harness/plan/config_writer.h"
#include "harness/plan/stage_json.h"
#include "harness/stages/training_rows.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/json_depth.h"
#include "results/controls.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Where a finished stage's file of this name is, if anywhere.
fs::path stage_path(const StageStore& store, const StageUse& use, const char* name) {
  return store.folder(use.request.kind, use.request.key) / name;
}

/// A finished stage's JSON file, or null. Throws imp::Error (usage) if it is no JSON.
json stage_file(const StageStore& store, const StageUse& use, const char* name) {
  const fs::path file = stage_path(store, use, name);
  return fs::exists(file) ? read_stage_json(file) : json(nullptr);
}

/// Whether `record` has what readers of an outcome.json rely on; another program or a disk may have broken
/// it.
bool is_outcome(const json& record) {
  const auto is_list_of_objects = [&](const char* key) {
    const auto found = record.find(key);
    return found != record.end() && found->is_array() &&
           std::all_of(found->begin(), found->end(), [](const json& item) { return item.is_object(); });
  };
  if (!record.is_object() || !record.contains("status") || !record["status"].is_string()) return false;
  if (!is_list_of_objects("stages") || !is_list_of_objects("attempts") || !is_list_of_objects("scores"))
    return false;
  const json& stages = record["stages"];
  return std::all_of(stages.begin(), stages.end(),
                     [](const json& stage) { return stage.contains("key") && stage["key"].is_string(); });
}

void copy_whole(const fs::path& from, const fs::path& to) {
  if (fs::exists(from)) write_file_atomically(to, read_file(from));
}

/// A benchmark's answers, with the picture and under each control; those of an earlier evaluation that had
/// more controls go.
void copy_predictions(const fs::path& stage, const fs::path& trial, const std::string& benchmark) {
  std::vector<std::string> names{benchmark + ".jsonl"};
  for (const std::string_view control : results::kControls)
    names.push_back(benchmark + "." + std::string(control) + ".jsonl");
  for (const std::string& name : names) {
    const fs::path copy = trial / "predictions" / name;
    copy_whole(stage / name, copy);
    if (!fs::exists(stage / name)) fs::remove(copy);
  }
}

ordered_json stages_json(const TrialOutcome& outcome) {
  ordered_json stages = ordered_json::array();
  for (const StageUse& use : outcome.stages) {
    stages.push_back({{"kind", use.request.kind},
                      {"key", use.request.key},
                      {"reused", use.reused},
                      {"seconds", use.seconds}});
  }
  return stages;
}

ordered_json attempts_json(const TrialOutcome& outcome, const json& earlier) {
  ordered_json attempts = ordered_json::array();
  if (earlier.is_object()) {
    for (const json& attempt : earlier["attempts"]) attempts.push_back(ordered_json(attempt));
  }
  for (const Attempt& attempt : outcome.attempts) {
    attempts.push_back({{"attempt", attempts.size() + 1},
                        {"started", attempt.started},
                        {"ended", attempt.ended},
                        {"status", attempt.status},
                        {"stage", attempt.stage},
                        {"error_type", attempt.error_type},
                        {"error_message", attempt.error_message},
                        {"micro_batch", attempt.micro_batch}});
  }
  return attempts;
}

ordered_json scores_json(const StageStore& store, const TrialOutcome& outcome) {
  ordered_json scores = ordered_json::array();
  for (const StageUse& use : outcome.stages) {
    if (use.request.kind != "eval") continue;
    const json stage_scores = stage_file(store, use, "scores.json");
    if (!stage_scores.is_array())
      fail_as_stage_json(stage_path(store, use, "scores.json"), "is no list of scores");
    for (const json& score : stage_scores) scores.push_back(ordered_json(score));
  }
  return scores;
}

/// What each training stage counted of its rows; a trunk's are those of the finetune stage after it.
ordered_json rows_json(const StageStore& store, const TrialOutcome& outcome) {
  ordered_json rows = ordered_json::array();
  for (const StageUse& use : outcome.stages) {
    if (use.request.kind == "trunk") continue;
    const json census = stage_file(store, use, kRowCensus);
    if (!census.is_object()) continue;
    ordered_json row{{"stage", use.request.kind}};
    row.update(ordered_json(census));
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What each benchmark and the training data have in common.
ordered_json leaks_json(const StageStore& store, const TrialOutcome& outcome) {
  ordered_json leaks = ordered_json::array();
  for (const StageUse& use : outcome.stages) {
    if (use.request.kind != "leaks") continue;
    const json report = stage_file(store, use, "leaks.json");
    if (!report.is_object()) fail_as_stage_json(stage_path(store, use, "leaks.json"), "is no object");
    leaks.push_back(ordered_json(report));
  }
  return leaks;
}

}  // namespace

void write_outcome(const fs::path& folder, const std::string& sweep, const PlannedTrial& planned,
                   const StageStore& store, const TrialOutcome& outcome) {
  write_file_atomically(folder / "resolved.yaml", to_yaml(planned.trial.config));
  const json earlier = read_outcome(folder);
  json summary;
  for (const StageUse& use : outcome.stages) {
    const fs::path stage = store.folder(use.request.kind, use.request.key);
    if (use.request.kind == "finetune" || use.request.kind == "pretrain") {
      copy_whole(stage / "train.jsonl", folder / "train.jsonl");
      summary = stage_file(store, use, "summary.json");
    }
    if (use.request.kind != "eval") continue;
    const auto benchmark = use.request.parameters["benchmark"].get<std::string>();
    copy_predictions(stage, folder, benchmark);
  }
  ordered_json record;
  record["schema"] = 1;
  record["sweep"] = sweep;
  record["trial"] = planned.trial.name;
  record["seed"] = planned.trial.seed;
  record["status"] = outcome.status;
  record["config"] = to_json(planned.trial.config);
  record["stages"] = stages_json(outcome);
  record["attempts"] = attempts_json(outcome, earlier);
  record["scores"] = outcome.status == "done" ? scores_json(store, outcome) : ordered_json::array();
  record["rows"] = rows_json(store, outcome);
  record["leaks"] = leaks_json(store, outcome);
  record["questions"] = outcome.question_sets;
  record["cost"] = cost_json(store, outcome);
  record["provenance"] = provenance(outcome.device);
  record["provenance"]["dtype"] =
      summary.is_object() && summary.contains("dtype") ? summary["dtype"] : json(planned.trial.config.dtype);
  record["provenance"]["started"] = outcome.attempts.empty() ? "" : outcome.attempts.front().started;
  record["provenance"]["ended"] = outcome.attempts.empty() ? "" : outcome.attempts.back().ended;
  // An error message may carry a file's name, which may be any bytes.
  const std::string text = record.dump(2, ' ', false, ordered_json::error_handler_t::replace);
  write_file_atomically(folder / "outcome.json", text + "\n");
}

json read_outcome(const fs::path& folder) {
  const fs::path file = folder / "outcome.json";
  if (!fs::exists(file)) return nullptr;
  const std::string text = read_file(file);
  if (nests_deeper_than(100, text)) return nullptr;
  json outcome = json::parse(text, nullptr, false);
  return is_outcome(outcome) ? outcome : json(nullptr);
}

}  // namespace imp::harness
