// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/sweep_record.h"

#include "harness/plan/config_writer.h"

namespace imp::harness {

using nlohmann::ordered_json;

ordered_json sweep_record(const Plan& plan, const std::string& created) {
  const SweepSpec& spec = plan.sweep.spec;
  ordered_json factors = ordered_json::array();
  for (const FactorLevels& factor : plan.sweep.factors) {
    factors.push_back({{"name", factor.name}, {"levels", factor.levels}});
  }
  ordered_json benchmarks = ordered_json::array();
  for (const Benchmark& benchmark : spec.benchmarks) benchmarks.push_back(benchmark.name);
  ordered_json trials = ordered_json::array();
  for (const PlannedTrial& planned : plan.trials) {
    ordered_json levels = ordered_json::object();
    for (const auto& [factor, level] : planned.trial.levels) levels[factor] = level;
    ordered_json stages = ordered_json::array();
    for (const StageRequest& stage : planned.stages)
      stages.push_back({{"kind", stage.kind}, {"key", stage.key}});
    trials.push_back({{"trial", planned.trial.name},
                      {"seed", planned.trial.seed},
                      {"levels", levels},
                      {"config", to_json(planned.trial.config)},
                      {"stages", stages}});
  }
  return {{"schema", 1},
          {"sweep", spec.name},
          {"about", spec.about},
          {"created", created},
          {"spec_file", spec.file.string()},
          {"spec_text", spec.text},
          {"factors", factors},
          {"seeds", plan.sweep.seeds},
          {"benchmarks", benchmarks},
          {"trials", trials}};
}

}  // namespace imp::harness
