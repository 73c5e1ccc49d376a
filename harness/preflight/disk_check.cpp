// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/disk_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <unordered_set>

#include "harness/preflight/rows_file.h"
#include "models/config/linear_shapes.h"
#include "models/io/error.h"
#include "models/lora/lora_targets.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRenderedPicture = 8 << 10;  ///< bytes of a rendered JPEG with its questions
constexpr std::int64_t kFloat = 4;
constexpr std::int64_t kTrainingState = 3 * kFloat;  ///< a parameter and its two AdamW moments
constexpr std::int64_t kNotWorthRefusing = std::int64_t{64} << 20;

/// Counts what each stage of a plan writes.
class BytesOfStages {
 public:
  BytesOfStages(const Plan& plan, const ModelCheck& models) : plan_(plan), models_(models) {}

  [[nodiscard]] std::int64_t total() {
    for (const PlannedTrial& trial : plan_.trials) {
      for (const std::size_t index : trial.planned) {
        const PlannedStage& stage = plan_.stages[index];
        if (stage.status != StageStatus::reuse && counted_.insert(index).second) add(trial, stage.request);
      }
    }
    return kept_ + 2 * largest_state_;
  }

 private:
  void add(const PlannedTrial& planned, const StageRequest& request) {
    const TrialConfig& config = planned.trial.config;
    if (request.kind == "data" && request.parameters.contains("dataset"))
      kept_ += (config.train_pictures + config.test_pictures) * kRenderedPicture;
    if (request.kind == "features") kept_ += features(planned, request);
    if (request.kind == "connector") add_trained(projector(planned.trial), kFloat);
    const bool is_trunk = request.kind == "trunk";
    if (is_trunk || request.kind == "finetune")
      add_trained(projector(planned.trial) + finetuned(planned.trial), is_trunk ? kTrainingState : kFloat);
  }

  /// bytes: that are kept of each parameter.
  void add_trained(std::int64_t parameters, std::int64_t bytes) {
    kept_ += parameters * bytes;
    largest_state_ = std::max(largest_state_, parameters * kTrainingState);
  }

  [[nodiscard]] std::int64_t features(const PlannedTrial& planned, const StageRequest& request) {
    const FeatureShape* shape = models_.features(planned.trial);
    if (shape == nullptr || request.inputs.empty()) return 0;
    return pictures_of(planned, request.inputs.front().key) * shape->image_tokens * shape->width * kFloat;
  }

  /// Pictures of the data stage with that key.
  [[nodiscard]] std::int64_t pictures_of(const PlannedTrial& planned, const std::string& key) {
    const TrialConfig& config = planned.trial.config;
    for (const StageRequest& stage : planned.stages) {
      if (stage.key != key) continue;
      if (stage.parameters.contains("dataset")) return config.train_pictures + config.test_pictures;
      // Where both stages' rows have their pictures in one folder, the smaller file's: this is a lower bound.
      std::optional<std::int64_t> fewest;
      for (const DataSource* source : {&config.connector_data, &config.finetune_data}) {
        if (source->json.empty() || source->images != stage.parameters.value("images", "")) continue;
        const std::int64_t pictures = pictures_in(*source);
        fewest = std::min(fewest.value_or(pictures), pictures);
      }
      return fewest.value_or(0);
    }
    return 0;
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
  [[nodiscard]] std::int64_t finetuned(const Trial& trial) const {
    const TrialConfig& config = trial.config;
    const models::TextConfig* text = models_.text(trial);
    if (text == nullptr || config.finetune == "projector") return 0;
    if (config.finetune == "full") return models::count_parameters(*text);
    const std::regex targets = models::lora_target_expression(config.lora_targets);
    std::int64_t count = 0;
    for (const models::LinearShape& linear : models::linear_shapes(*text))
      if (std::regex_match(linear.name, targets))
        count += config.lora_rank * (linear.in_features + linear.out_features);
    return count;
  }

  const Plan& plan_;
  const ModelCheck& models_;
  std::unordered_set<std::size_t> counted_;
  std::map<std::string, std::int64_t> pictures_;  ///< by file of rows
  std::int64_t kept_ = 0, largest_state_ = 0;
};

std::string size_as_text(std::int64_t bytes) {
  const auto mib = static_cast<double>(bytes) / (1 << 20);
  return mib < 1024 ? fmt::format("{:.0f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

}  // namespace

std::int64_t estimate_bytes(const Plan& plan, const ModelCheck& models) {
  return BytesOfStages(plan, models).total();
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

void require_room(std::int64_t needed, std::int64_t available, const fs::path& folder) {
  if (needed < kNotWorthRefusing || needed <= available) return;
  throw Error(
      fmt::format("{}: the stages of this plan write about {}, and the disk has {} left; free some, or name "
                  "a folder on another disk with --runs",
                  folder.string(), size_as_text(needed), size_as_text(available)));
}

}  // namespace imp::harness
