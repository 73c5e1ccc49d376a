// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/disk_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness/plan/plan_resources.h"
#include "harness/preflight/rows_file.h"
#include "models/config/linear_shapes.h"
#include "models/io/error.h"
#include "models/lora/lora_targets.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRenderedPicture = 8 << 10;  ///< bytes of a rendered JPEG with its questions
constexpr std::int64_t kFloat = 4, kBFloat16 = 2;
constexpr std::int64_t kTrainingState = 3 * kFloat;  ///< a parameter and its two AdamW moments
constexpr std::int64_t kNotWorthRefusing = std::int64_t{64} << 20;

/// Counts what each stage of a plan writes, and scales the time of features by what there is to compute.
class BytesOfStages {
 public:
  BytesOfStages(Plan& plan, const ModelCheck& models) : plan_(plan), models_(models) {}

  void count() {
    for (const PlannedTrial& trial : plan_.trials) {
      for (const std::size_t index : trial.planned) {
        PlannedStage& stage = plan_.stages[index];
        if (stage.status != StageStatus::reuse && counted_.insert(index).second) count(trial, stage);
      }
    }
    plan_.bytes = 2 * largest_state_;
    for (const PlannedStage& stage : plan_.stages) plan_.bytes += stage.bytes;
  }

 private:
  void count(const PlannedTrial& planned, PlannedStage& stage) {
    const TrialConfig& config = planned.trial.config;
    const std::string& kind = stage.request->kind;
    if (kind == "data" && stage.request->parameters.contains("dataset"))
      stage.bytes = (config.train_pictures + config.test_pictures) * kRenderedPicture;
    if (kind == "features") count_features(planned, stage);
    if (kind == "connector") stage.bytes = trained(projector(planned.trial), kFloat);
    const bool is_trunk = kind == "trunk";
    if (is_trunk || kind == "finetune") {
      stage.bytes =
          trained(projector(planned.trial) + finetuned(planned.trial), is_trunk ? kTrainingState : kFloat);
    }
  }

  /// Bytes that are kept of trained parameters, so many of each.
  std::int64_t trained(std::int64_t parameters, std::int64_t bytes) {
    largest_state_ = std::max(largest_state_, parameters * kTrainingState);
    return parameters * bytes;
  }

  void count_features(const PlannedTrial& planned, PlannedStage& stage) {
    if (stage.request->inputs.empty()) return;
    stage.pictures = pictures_of(planned, stage.request->inputs.front().key);
    const FeatureShape* shape = models_.features(planned.trial);
    if (shape == nullptr) return;
    const std::int64_t number = stage.request->parameters.contains("dtype") ? kBFloat16 : kFloat;
    stage.bytes = stage.pictures * shape->image_tokens * shape->width * number;
    if (stage.seconds && stage.earlier_flops > 0)
      *stage.seconds *= static_cast<double>(stage.pictures) * shape->flops / stage.earlier_flops;
  }

  /// Pictures of the data stage with that key.
  [[nodiscard]] std::int64_t pictures_of(const PlannedTrial& planned, const std::string& key) {
    const TrialConfig& config = planned.trial.config;
    const auto is_asked_by = [&](std::string_view kind) {
      return std::any_of(planned.stages.begin(), planned.stages.end(), [&](const StageRequest& stage) {
        return stage.kind == kind && !stage.inputs.empty() && stage.inputs.front().key == key;
      });
    };
    for (const StageRequest& stage : planned.stages)
      if (stage.key == key && stage.parameters.contains("dataset"))
        return config.train_pictures + config.test_pictures;
    if (is_asked_by("finetune")) return pictures_in(config.finetune_data);
    return is_asked_by("connector") ? pictures_in(config.connector_data) : 0;
  }

  [[nodiscard]] std::int64_t pictures_in(const DataSource& source) {
    const auto known = pictures_.find(source.json);
    if (known != pictures_.end()) return known->second;
    std::int64_t pictures = 0;
    try {
      pictures = estimate_pictures(source);
    } catch (const Error&) {  // check_rows_file has said it
    }
    return pictures_.emplace(source.json, pictures).first->second;
  }

  [[nodiscard]] std::int64_t projector(const Trial& trial) const {
    const models::TextConfig* text = models_.text(trial);
    const FeatureShape* shape = models_.features(trial);
    if (text == nullptr || shape == nullptr) return 0;
    return (shape->width + 1 + text->hidden_size + 1) * text->hidden_size;
  }

  /// Parameters of the adapter or the language model that stage 2 trains.
  [[nodiscard]] std::int64_t finetuned(const Trial& trial) {
    const TrialConfig& config = trial.config;
    const models::TextConfig* text = models_.text(trial);
    if (text == nullptr || config.finetune == "projector") return 0;
    if (config.finetune == "full") return models::count_parameters(*text);
    const std::string key =
        fmt::format("{}|{}|{}|{}", config.checkpoint, config.llm, config.lora_rank, config.lora_targets);
    const auto known = adapters_.find(key);
    if (known != adapters_.end()) return known->second;
    const std::regex targets = models::lora_target_expression(config.lora_targets);
    std::int64_t count = 0;
    for (const models::LinearShape& linear : models::linear_shapes(*text))
      if (std::regex_match(linear.name, targets))
        count += config.lora_rank * (linear.in_features + linear.out_features);
    adapters_.emplace(key, count);
    return count;
  }

  Plan& plan_;
  const ModelCheck& models_;
  std::unordered_set<std::size_t> counted_;
  std::map<std::string, std::int64_t> pictures_;  ///< by file of rows
  std::map<std::string, std::int64_t> adapters_;  ///< parameters, by what they depend on
  std::int64_t largest_state_ = 0;
};

std::int64_t bytes_in(const fs::path& folder) {
  std::int64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const std::uintmax_t size = entry->file_size(ignored);
    if (!ignored) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

}  // namespace

void estimate_bytes(Plan& plan, const ModelCheck& models) {
  BytesOfStages(plan, models).count();
}

std::int64_t available_bytes(const fs::path& folder) {
  std::error_code error;
  for (fs::path place = fs::absolute(folder); !place.empty(); place = place.parent_path()) {
    const fs::space_info space = fs::space(place, error);
    if (!error) return static_cast<std::int64_t>(space.available);
    if (place == place.root_path()) break;
  }
  return std::numeric_limits<std::int64_t>::max();
}

std::int64_t unfinished_features_bytes(const Plan& plan, const fs::path& runs_dir) {
  std::vector<std::string> names;
  for (const PlannedStage& stage : plan.stages) {
    if (stage.request->kind == "features" && stage.status != StageStatus::reuse)
      names.push_back(stage.request->folder());
  }
  std::int64_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(runs_dir / "stages", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    const bool is_left = std::any_of(names.begin(), names.end(),
                                     [&](const std::string& stage) { return is_attempt_at(name, stage); });
    if (is_left) bytes += bytes_in(entry->path());
  }
  return bytes;
}

void require_room(std::int64_t needed, std::int64_t available, const fs::path& folder,
                  std::int64_t features) {
  if (needed < kNotWorthRefusing || needed <= available) return;
  const std::string remedy =
      2 * features < needed
          ? ""
          : fmt::format("; {} of it are image features, which `features: computed` does not keep",
                        size_as_text(features));
  throw Error(
      fmt::format("{}: the stages of this plan write about {}, and the disk has {} left; free some, or name "
                  "a folder on another disk with --runs{}",
                  folder.string(), size_as_text(needed), size_as_text(available), remedy));
}

}  // namespace imp::harness
