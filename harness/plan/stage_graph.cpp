// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/stage_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "harness/plan/config_writer.h"
#include "harness/plan/model_location.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;

/// The data set whose test pictures all rendered benchmarks ask about.
const std::string kBenchmarkData = "scenetext";

class GraphBuilder {
 public:
  GraphBuilder(const Trial& trial, const SweepSpec& spec, InputHashes& hashes)
      : trial_(trial), config_(trial.config), spec_(spec), hashes_(hashes) {}

  std::vector<StageRequest> build() {
    if (!config_.pretrain.empty()) {
      json parameters =
          pick({"pretrain", "pretrain_text", "pretrain_labels", "pretrain_steps", "pretrain_batch_size",
                "pretrain_learning_rate", "pretrain_matrix_learning_rate", "seed"});
      add("pretrain", std::move(parameters), {});
      return std::move(stages_);
    }
    add_looks_at_pictures();
    for (const Benchmark& benchmark : spec_.benchmarks) add_look_for_leaks(benchmark);
    const std::optional<StageInput> connector = add_connector();
    const StageInput finetune = add_finetune(connector);
    for (const Benchmark& benchmark : spec_.benchmarks) add_eval(benchmark, finetune);
    return std::move(stages_);
  }

 private:
  /// Adds a stage unless the trial has it already (both training stages on the same data).
  StageInput add(std::string_view kind, json parameters, std::vector<StageInput> inputs) {
    StageRequest request = make_request(kind, std::move(parameters), std::move(inputs));
    StageInput reference{request.kind, request.key};
    const bool present = std::any_of(stages_.begin(), stages_.end(),
                                     [&](const StageRequest& stage) { return stage.key == request.key; });
    if (!present) stages_.push_back(std::move(request));
    return reference;
  }

  [[nodiscard]] json pick(std::initializer_list<std::string_view> names) const {
    json parameters = json::object();
    for (const std::string_view name : names) {
      const KeyDescription* key = find_key(name);
      if (key == nullptr) throw std::logic_error("no configuration key " + std::string(name));
      parameters[std::string(name)] = json(key_json(*key, config_));
    }
    return parameters;
  }

  /// The keys that act in the same way on both training stages.
  [[nodiscard]] json training_parameters() const {
    return pick({"conversation", "schedule", "warmup_ratio", "weight_decay", "grad_clip", "dtype",
                 "loss_normalization", "sampler", "max_length", "turns"});
  }

  /// Runs a look at the user's files, so that what fails names the key and its place too.
  template <class Look>
  auto at_key(std::string_view key, Look look) const {
    try {
      return look();
    } catch (const Error& error) {
      std::string lines;
      std::istringstream each(error.what());
      for (std::string line; std::getline(each, line);)
        lines += fmt::format("{}{}: {}: {}", lines.empty() ? "" : "\n",
                             to_string(origin_of(trial_, spec_, key)), key, line);
      throw Error::of_lines(lines, error.kind());
    }
  }

  /// Name and content of a model's directory.
  void add_model(json& parameters, std::string_view key, const std::string& value) {
    auto known = hashes_.models().find(value);
    if (known == hashes_.models().end()) {
      const fs::path folder = find_model(key, value, spec_.file, origin_of(trial_, spec_, key));
      InputHashes::Model model{
          folder.has_filename() ? folder.filename().string() : folder.parent_path().filename().string(),
          at_key(key, [&] { return hashes_.directory(folder); })};
      known = hashes_.models().emplace(value, std::move(model)).first;
    }
    const std::string name(key);
    parameters[name] = known->second.name;
    parameters[name + "_hash"] = known->second.hash;
  }

  void add_language_model(json& parameters) {
    if (config_.checkpoint.empty()) {
      add_model(parameters, "llm", language_model(config_));
    } else {
      add_model(parameters, "checkpoint", config_.checkpoint);
    }
  }

  StageInput add_data(std::string_view key, const DataSource& data) {
    if (!data.name.empty()) return add_rendered(data.name);
    json parameters{{"json_hash", at_key(key, [&] { return hashes_.file(data.json); })},
                    {"images", data.images}};
    return add("data", std::move(parameters), {});
  }

  StageInput add_rendered(const std::string& name) {
    json parameters = pick(
        {"train_pictures", "test_pictures", "questions_per_picture", "data_seed", "test_seed", "test_split"});
    parameters["dataset"] = name;
    return add("data", std::move(parameters), {});
  }

  [[nodiscard]] bool has_connector() const {
    return config_.checkpoint.empty() && config_.connector_epochs > 0;
  }

  void add_looks_at_pictures() {
    const auto look = [&](std::string_view key, const DataSource& data) {
      if (data.name.empty()) add("pictures", pick({"skip_unreadable"}), {add_data(key, data)});
    };
    if (has_connector()) look("connector_data", config_.connector_data);
    look("finetune_data", config_.finetune_data);
    for (const Benchmark& benchmark : spec_.benchmarks) {
      if (!benchmark.annotations.empty()) add("pictures", benchmark_parameters(benchmark), {});
    }
  }

  /// Whether the data that the trial learns from hold what the benchmark asks. The benchmark's own data come
  /// first.
  void add_look_for_leaks(const Benchmark& benchmark) {
    std::vector<StageInput> inputs;
    if (benchmark.annotations.empty()) inputs.push_back(add_rendered(kBenchmarkData));
    inputs.push_back(add_data("finetune_data", config_.finetune_data));
    if (has_connector()) {
      const StageInput connector = add_data("connector_data", config_.connector_data);
      if (connector != inputs.back()) inputs.push_back(connector);
    }
    add("leaks", benchmark_parameters(benchmark), std::move(inputs));
  }

  /// The look at a data set's pictures, where rows may have been left out by it.
  void add_look_at(const StageInput& data, std::vector<StageInput>& inputs) const {
    if (!config_.skip_unreadable) return;
    for (const StageRequest& stage : stages_) {
      if (stage.kind == "pictures" && stage.inputs == std::vector{data})
        inputs.push_back({stage.kind, stage.key});
    }
  }

  enum class Adapted : bool { no, yes };

  /// Features of the data's pictures; those of stage 2 and after by a tower that the adapter has changed.
  StageInput add_features(const StageInput& data, Adapted adapted) {
    json parameters = json::object();
    std::vector<StageInput> inputs{data};
    add_look_at(data, inputs);
    if (adapted == Adapted::yes && adapts_tower()) add_adapter(parameters);
    // Stored as float32 otherwise: features that were made before there was a choice are still good.
    if (config_.dtype == "bfloat16") parameters.update(pick({"dtype"}));
    if (config_.checkpoint.empty()) {
      add_model(parameters, "encoder", config_.encoder);
      if (config_.encoder_weights != "pretrained") parameters["encoder_weights"] = config_.encoder_weights;
    } else {
      add_model(parameters, "checkpoint", config_.checkpoint);
    }
    return add("features", std::move(parameters), std::move(inputs));
  }

  /// Stage 1, or nothing where a checkpoint brings its projector or connector_epochs is 0.
  std::optional<StageInput> add_connector() {
    if (!has_connector()) return std::nullopt;
    const StageInput data = add_data("connector_data", config_.connector_data);
    std::vector<StageInput> inputs{data, add_features(data, Adapted::no)};
    add_look_at(data, inputs);
    json parameters = training_parameters();
    parameters["schedule"] = connector_schedule(config_);
    parameters.update(pick({"connector_epochs", "connector_max_steps", "connector_batch_size",
                            "connector_micro_batch", "connector_learning_rate", "connector_seed"}));
    add_language_model(parameters);
    add_file(parameters, "init_projector", config_.init_projector);
    return add("connector", std::move(parameters), std::move(inputs));
  }

  void add_adapter(json& parameters) {
    if (config_.init_adapter.empty()) return;
    parameters["init_adapter_hash"] =
        at_key("init_adapter", [&] { return hashes_.directory(config_.init_adapter); });
  }

  [[nodiscard]] bool adapts_tower() const {
    if (config_.finetune != "lora" || config_.init_adapter.empty()) return false;
    return at_key("init_adapter", [&] { return hashes_.adapter_changes_tower(config_.init_adapter); });
  }

  void add_file(json& parameters, std::string_view key, const std::string& path) {
    if (path.empty()) return;
    parameters[std::string(key) + "_hash"] = at_key(key, [&] { return hashes_.file(path); });
  }

  StageInput add_finetune(const std::optional<StageInput>& connector) {
    const StageInput data = add_data("finetune_data", config_.finetune_data);
    std::vector<StageInput> inputs{data, add_features(data, Adapted::yes)};
    add_look_at(data, inputs);
    json parameters = training_parameters();
    parameters.update(pick(
        {"finetune", "epochs", "max_steps", "batch_size", "micro_batch", "projector_learning_rate", "seed"}));
    if (config_.schedule == "warmup_stable_decay") parameters.update(pick({"cooldown_ratio"}));
    if (config_.finetune != "projector") parameters.update(pick({"learning_rate"}));
    if (config_.finetune == "lora") {
      parameters.update(pick({"lora_rank", "lora_alpha", "lora_dropout", "lora_targets"}));
      add_adapter(parameters);
    }
    add_language_model(parameters);
    if (connector) {
      inputs.push_back(*connector);
    } else {
      add_file(parameters, "init_projector", config_.init_projector);
    }
    const StageInput finetune = add("finetune", std::move(parameters), std::move(inputs));
    if (config_.max_steps == 0) stages_.back().own_epochs = static_cast<double>(config_.epochs);
    return finetune;
  }

  /// Which questions are asked, about which pictures.
  json benchmark_parameters(const Benchmark& benchmark) {
    json parameters{{"benchmark", benchmark.name}, {"limit", benchmark.limit}};
    if (benchmark.annotations.empty()) return parameters;
    try {
      parameters["annotations_hash"] = hashes_.directory(benchmark.annotations);
    } catch (const Error& error) {
      throw Error(fmt::format("{}: benchmark {}: {}", to_string(benchmark.annotations_location),
                              benchmark.name, error.what()));
    }
    parameters["images"] = benchmark.images;
    return parameters;
  }

  void add_eval(const Benchmark& benchmark, const StageInput& finetune) {
    json parameters = pick({"max_new_tokens"});
    // Blind alone is what evaluations were before there was a choice; they are still good.
    if (config_.controls != "blind") parameters.update(pick({"controls"}));
    parameters.update(benchmark_parameters(benchmark));
    std::vector<StageInput> inputs{finetune};
    if (benchmark.annotations.empty()) {
      const StageInput data = add_rendered(kBenchmarkData);
      inputs.push_back(data);
      inputs.push_back(add_features(data, Adapted::yes));
    }
    add("eval", std::move(parameters), std::move(inputs));
  }

  const Trial& trial_;
  const TrialConfig& config_;
  const SweepSpec& spec_;
  InputHashes& hashes_;
  std::vector<StageRequest> stages_;
};

}  // namespace

const std::vector<std::string_view>& keys_without_effect() {
  static const std::vector<std::string_view> keys{"features",   "device",           "deterministic",
                                                  "eval_batch", "checkpoint_every", "recompute"};
  return keys;
}

std::vector<StageRequest> stages_of(const Trial& trial, const SweepSpec& spec, InputHashes& hashes) {
  return GraphBuilder(trial, spec, hashes).build();
}

}  // namespace imp::harness
