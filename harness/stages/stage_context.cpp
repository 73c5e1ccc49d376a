// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/stage_context.h"

#include "harness/stages/disk_watch.h"
#include "models/io/error.h"

namespace imp::harness {

std::filesystem::path StageContext::input(const std::string& kind) const {
  for (const StageInput& input : request.inputs) {
    if (input.kind == kind) return store.folder(input.kind, input.key);
  }
  throw Error("stage " + request.folder() + " has no input of kind " + kind, ErrorKind::environment);
}

bool StageContext::has_input(const std::string& kind) const {
  for (const StageInput& input : request.inputs) {
    if (input.kind == kind) return true;
  }
  return false;
}

void StageContext::wait_for_room(int64_t bytes) const {
  if (!std::filesystem::exists(folder)) throw LeaseLost();
  harness::wait_for_room(folder, bytes, stop, [this](const std::string& line) { observer.on_warning(line); });
}

void make_stage(const StageContext& context) {
  const std::string& kind = context.request.kind;
  if (kind == "data") return make_data_stage(context);
  if (kind == "pictures") return make_pictures_stage(context);
  if (kind == "leaks") return make_leaks_stage(context);
  if (kind == "features") return make_features_stage(context);
  if (kind == "connector") return make_connector_stage(context);
  if (kind == "trunk" || kind == "finetune") return make_finetune_stage(context);
  if (kind == "eval") return make_eval_stage(context);
  if (kind == "pretrain") return make_pretrain_stage(context);
  throw Error("no stage of kind " + kind, ErrorKind::environment);
}

bool is_resumable(const std::string& kind) {
  return kind == "connector" || kind == "trunk" || kind == "finetune" || kind == "eval" || kind == "pretrain";
}

}  // namespace imp::harness
