// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "harness/plan/expand.h"
#include "harness/plan/stage_request.h"
#include "harness/stages/stage_store.h"
#include "harness/train/training_loop.h"

namespace imp::harness {

/// Told what a long piece of work is doing; progress bars are made of it.
class StageObserver : public TrainingObserver {
 public:
  /// `done` of `total` units of the stage's work ("pictures", "questions").
  virtual void on_units(int64_t done, int64_t total, const std::string& unit) = 0;
  /// Something that a person should know and that stops nothing.
  virtual void on_warning(const std::string& text) = 0;
};

/// What making a stage came to.
struct StageWork {
  double flops = 0.0;  ///< of the products of models (models/config/flop_count.h), resumed attempts included;
                       ///< not a number where not known
};

/// All that a stage needs to be made.
struct StageContext {
  const Trial& trial;
  const SweepSpec& spec;
  const StageRequest& request;
  const StageStore& store;
  std::filesystem::path folder;  ///< aside; what is written here is published as a whole
  const std::atomic<bool>& stop;
  StageObserver& observer;
  StageWork& work;
  at::Device device = at::kCPU;  ///< that the trial's `device` has become

  /// Folder of the first input of a kind. Throws imp::Error (environment) if the request has none.
  [[nodiscard]] std::filesystem::path input(const std::string& kind) const;
  [[nodiscard]] bool has_input(const std::string& kind) const;
  void add_flops(double flops) const { work.flops += flops; }
  /// Waits while the disk has no room for so many bytes more (disk_watch.h). Throws Interrupted; LeaseLost
  /// where another process has taken the folder.
  void wait_for_room(int64_t bytes) const;
  /// Throws Interrupted when the user asked to stop; called between units of work.
  void check_stop() const {
    if (stop.load()) throw Interrupted();
  }
};

/// Makes the stage that the request names into context.folder.
/// Throws imp::Error, Interrupted, or what LibTorch throws.
void make_stage(const StageContext& context);

/// Whether a killed attempt at this kind leaves a checkpoint to go on from.
[[nodiscard]] bool is_resumable(const std::string& kind);

// One function a kind; each in a file of its name.
void make_data_stage(const StageContext& context);
void make_pictures_stage(const StageContext& context);
void make_leaks_stage(const StageContext& context);
void make_features_stage(const StageContext& context);
void make_connector_stage(const StageContext& context);
void make_finetune_stage(const StageContext& context);
void make_eval_stage(const StageContext& context);
void make_pretrain_stage(const StageContext& context);

}  // namespace imp::harness
