// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/time_estimate.h"

#include <vector>

#include "harness/plan/plan_devices.h"
#include "harness/plan/stage_flops.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

constexpr double kOpening = 1.0;  ///< seconds that a stage with models takes beside its products, about

/// What training, features and answers reach of the machine's rate in nothing but products, on the CPU.
/// Measured for the embedded profile on 2 cores of a Xeon: 0.33 to 0.47.
constexpr double kShareOfProducts = 0.4;

/// Seconds a picture of stages without a model, on two cores: rendered, decoded, compared.
constexpr double kRendered = 0.4e-3, kDecoded = 4e-3, kCompared = 0.2e-3;

class Estimator {
 public:
  Estimator(Plan& plan, const MeasureRate& measure) : plan_(plan), measure_(measure), flops_(plan) {}

  void estimate(const PlannedTrial& trial, PlannedStage& stage) {
    const std::optional<double> flops = flops_of(trial, stage);
    if (stage.seconds) {
      // That of features is scaled where their pictures are counted.
      if (flops && stage.earlier_flops > 0 && stage.request->kind != "features")
        stage.seconds = scaled(stage.earlier_seconds, *flops / stage.earlier_flops);
      return;
    }
    stage.seconds_from = TimeSource::none;  // an earlier stage ran on another device
    if (flops) {
      set_by_rate(stage, *flops, runs_on_gpu(trial.trial.config, plan_));
    } else if (const auto seconds = typical(trial.trial.config, stage.request->kind)) {
      stage.seconds = seconds;
      stage.seconds_from = TimeSource::typical;
    }
  }

 private:
  [[nodiscard]] std::optional<double> flops_of(const PlannedTrial& trial, const PlannedStage& stage) {
    try {
      return flops_.of(trial, stage);
    } catch (const Error&) {  // the stage will say it, with all the rest that it needs
      return std::nullopt;
    }
  }

  static double scaled(double seconds, double times) {
    return seconds <= kOpening ? seconds * times : kOpening + (seconds - kOpening) * times;
  }

  void set_by_rate(PlannedStage& stage, double flops, bool on_gpu) {
    const std::optional<double>& earlier = on_gpu ? plan_.rates.gpu : plan_.rates.cpu;
    if (earlier) {
      stage.seconds = kOpening + flops / *earlier;
      stage.seconds_from = TimeSource::other_stages;
      return;
    }
    if (on_gpu) return;
    if (!plan_.measured_rate) plan_.measured_rate = measure_();
    stage.seconds = kOpening + flops / (kShareOfProducts * *plan_.measured_rate);
    stage.seconds_from = TimeSource::measured_rate;
  }

  [[nodiscard]] static std::optional<double> typical(const TrialConfig& config, const std::string& kind) {
    const auto rendered = static_cast<double>(config.train_pictures + config.test_pictures);
    // Of the user's own files nobody has counted the pictures here.
    if (!config.finetune_data.json.empty()) return std::nullopt;
    if (kind == "data") return rendered * kRendered;
    if (kind == "leaks") return rendered * kCompared;
    return kind == "pictures" ? std::optional(rendered * kDecoded) : std::nullopt;
  }

  Plan& plan_;
  const MeasureRate& measure_;
  StageFlops flops_;
};

}  // namespace

void estimate_times(Plan& plan, const MeasureRate& measure) {
  Estimator estimator(plan, measure);
  std::vector<bool> done(plan.stages.size(), false);
  for (const PlannedTrial& trial : plan.trials) {
    for (const std::size_t index : trial.planned) {
      PlannedStage& stage = plan.stages[index];
      if (done[index] || stage.status == StageStatus::reuse) continue;
      done[index] = true;
      estimator.estimate(trial, stage);
    }
  }
}

}  // namespace imp::harness
