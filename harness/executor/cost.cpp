// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/cost.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include "harness/executor/process_memory.h"
#include "harness/plan/stage_json.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// A file of a stage as the trial used it; null if it is not there.
struct StageRecord {
  StageRecord(const StageStore& store, const StageUse& use, const char* name)
      : file(store.folder(use.request.kind, use.request.key) / name) {
    if (fs::exists(file)) content = read_stage_json(file);
  }
  [[nodiscard]] double number(const char* key) const { return stage_number(content, key, file); }
  [[nodiscard]] bool has_number(const char* key) const {
    return content.is_object() && content.contains(key) && content[key].is_number();
  }

  fs::path file;
  json content;
};

const StageUse* training_stage(const TrialOutcome& outcome) {
  for (const char* kind : {"finetune", "pretrain"}) {
    for (const StageUse& use : outcome.stages) {
      if (use.request.kind == kind) return &use;
    }
  }
  return nullptr;
}

/// Made for this trial alone, by its nature.
bool is_own(const StageUse& use) {
  return use.request.kind == "finetune" || use.request.kind == "eval" || use.request.kind == "pretrain";
}

void add_training(const StageStore& store, const StageUse& training, double eval_seconds,
                  ordered_json& cost) {
  const StageRecord summary(store, training, "summary.json");
  if (summary.content.is_null()) return;
  const double seconds = summary.number("seconds"), tokens = summary.number("tokens");
  cost["train_seconds"] = seconds;
  cost["eval_seconds"] = eval_seconds;
  cost["train_tokens"] = summary.content["tokens"];
  if (seconds > 0) cost["tokens_per_second"] = tokens / seconds;
  (void)summary.number("trained_parameters");
  cost["trained_parameters"] = summary.content["trained_parameters"];
  if (summary.has_number("flops")) cost["flops"] = summary.content["flops"];
}

}  // namespace

ordered_json cost_json(const StageStore& store, const TrialOutcome& outcome) {
  double wall = 0.0, eval = 0.0;
  std::int64_t peak = peak_memory_bytes();
  for (const StageUse& use : outcome.stages) {
    if (use.reused && !is_own(use)) continue;
    const StageRecord record(store, use, "stage.json");
    const double seconds = use.reused && record.content.is_object() ? record.number("seconds") : use.seconds;
    wall += seconds;
    if (use.request.kind == "eval") eval += seconds;
    if (record.has_number("peak_memory_bytes"))
      peak = std::max(peak, record.content["peak_memory_bytes"].get<std::int64_t>());
  }
  ordered_json cost{{"wall_seconds", wall}};
  if (const StageUse* training = training_stage(outcome)) add_training(store, *training, eval, cost);
  cost["peak_memory_bytes"] = peak;
  return cost;
}

}  // namespace imp::harness
