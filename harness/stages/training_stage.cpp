// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/training_stage.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "models/io/file.h"

namespace imp::harness {
namespace {

/// What the trunk that a training went on from took: the trunk's, not this stage's.
double flops_of_trunk(const StageContext& context) {
  if (!context.request.trunk) return 0.0;
  const StageInput& trunk = *context.request.trunk;
  const auto summary =
      nlohmann::json::parse(read_file(context.store.folder(trunk.kind, trunk.key) / "summary.json"));
  const auto flops = summary.find("flops");
  return flops != summary.end() && flops->is_number() ? flops->get<double>()
                                                      : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

TrainingOptions training_options(const StageContext& context) {
  const TrialConfig& config = context.trial.config;
  TrainingOptions options;
  options.schedule = parse_schedule(config.schedule);
  options.warmup_ratio = config.warmup_ratio;
  options.cooldown_ratio = config.cooldown_ratio;
  options.grad_clip = config.grad_clip;
  options.checkpoint_every = config.checkpoint_every;
  options.folder = context.folder;
  options.stop = &context.stop;
  options.observer = &context.observer;
  options.before_checkpoint = [&context](int64_t bytes) { context.wait_for_room(bytes); };
  return options;
}

void write_training_summary(const StageContext& context, const TrainingSummary& summary,
                            at::ScalarType dtype) {
  if (summary.steps_without_loss > 0) {
    context.observer.on_warning(fmt::format("{} of {} steps had no token to learn; their loss is null",
                                            summary.steps_without_loss, summary.steps));
  }
  const nlohmann::ordered_json record = {
      {"steps", summary.steps},
      {"tokens", summary.tokens},
      {"seconds", summary.seconds},
      {"trained_parameters", summary.trained_parameters},
      {"flops",
       std::isnan(summary.flops) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(summary.flops)},
      {"final_loss", summary.final_loss ? nlohmann::ordered_json(*summary.final_loss) : nullptr},
      {"steps_without_loss", summary.steps_without_loss},
      {"dtype", dtype == at::kBFloat16 ? "bfloat16" : "float32"}};
  context.add_flops(summary.flops - flops_of_trunk(context));
  write_file_atomically(context.folder / "summary.json", record.dump(2) + "\n");
}

}  // namespace imp::harness
