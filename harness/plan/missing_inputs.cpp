// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/missing_inputs.h"

#include <fmt/format.h>

#include "harness/plan/model_location.h"
#include "harness/plan/published_inputs.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

/// Checks the inputs of one trial.
class InputCheck {
 public:
  InputCheck(const Trial& trial, const SweepSpec& spec, Diagnostics& diagnostics)
      : trial_(trial), config_(trial.config), spec_(spec), diagnostics_(diagnostics) {}

  bool run() {
    if (!config_.pretrain.empty()) return true;
    const bool has_connector = config_.checkpoint.empty() && config_.connector_epochs > 0;
    if (config_.checkpoint.empty()) {
      model("llm", language_model(config_));
      model("encoder", config_.encoder);
    } else {
      model("checkpoint", config_.checkpoint);
    }
    if (has_connector) data("connector_data", config_.connector_data);
    data("finetune_data", config_.finetune_data);
    path(origin_of(trial_, spec_, "init_adapter"), "init_adapter", config_.init_adapter, "a PEFT directory");
    path(origin_of(trial_, spec_, "init_projector"), "init_projector", config_.init_projector,
         "a safetensors file");
    for (const Benchmark& benchmark : spec_.benchmarks) {
      const std::string key = "benchmark " + benchmark.name;
      path(benchmark.annotations_location, key + ": annotations", benchmark.annotations, "its annotations");
      path(benchmark.images_location, key + ": images", benchmark.images, "its pictures");
    }
    return complete_;
  }

 private:
  void model(std::string_view key, const std::string& value) {
    try {
      (void)find_model(key, value, spec_.file, origin_of(trial_, spec_, key));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::usage) throw;
      complete_ = false;
      diagnostics_.add_lines(error.what());
    }
  }

  void data(std::string_view key, const DataSource& source) {
    path(origin_of(trial_, spec_, key), fmt::format("{}: json", key), source.json, "LLaVA's JSON of rows");
    path(origin_of(trial_, spec_, key), fmt::format("{}: images", key), source.images,
         "the folder of its pictures");
  }

  void path(const Location& where, std::string_view key, const std::string& value, std::string_view what) {
    std::error_code error;
    if (value.empty() || fs::exists(value, error)) return;
    complete_ = false;
    const std::string_view source = published_source(value);
    diagnostics_.add(
        where, fmt::format("{}: there is no {}{}; put {} there{}", key, value, below_working_directory(value),
                           what, source.empty() ? "" : fmt::format(" ({})", source)));
  }

  const Trial& trial_;
  const TrialConfig& config_;
  const SweepSpec& spec_;
  Diagnostics& diagnostics_;
  bool complete_ = true;
};

}  // namespace

std::string inputs_named(const TrialConfig& config) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", config.pretrain, config.checkpoint,
                     config.llm, config.encoder, config.init_adapter, config.init_projector,
                     config.finetune_data.json, config.finetune_data.images, config.connector_data.json,
                     config.connector_data.images, config.connector_epochs > 0);
}

bool check_inputs(const Trial& trial, const SweepSpec& spec, Diagnostics& diagnostics) {
  return InputCheck(trial, spec, diagnostics).run();
}

}  // namespace imp::harness
