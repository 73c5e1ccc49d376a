// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/training_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {

namespace {

class EncodedFile : public RowSource {
 public:
  EncodedFile(const RowsLocation& location, const LanguageParts& language, const RowEncoding& encoding,
              std::function<void(const std::string&)> warn)
      : json_(location.json),
        file_(location.json, location.index),
        language_(language),
        encoding_(encoding),
        warn_(std::move(warn)) {
    // The rows of a small set are asked for many times; keeping them costs less than a large set's index.
    constexpr int64_t kMostKept = 32768;
    if (file_.size() <= kMostKept) kept_.resize(static_cast<size_t>(file_.size()));
  }

  [[nodiscard]] int64_t size() const override { return file_.size(); }
  [[nodiscard]] int64_t modality_length(int64_t row) const override { return file_.modality_length(row); }
  [[nodiscard]] TrainingRow row(int64_t row) const override {
    if (kept_.empty()) return encode(row);
    std::optional<TrainingRow>& kept = kept_[static_cast<size_t>(row)];
    if (!kept) kept = encode(row);
    return *kept;
  }

 private:
  [[nodiscard]] TrainingRow encode(int64_t number) const {
    const LlavaRow row = file_.row(number);
    TrainingRow result;
    result.modality_length = file_.modality_length(number);
    result.encoded = harness::encode(row, *language_.tokenizer, encoding_);
    if (result.encoded.lengths_disagree) note(number, row.id, result.encoded);
    const auto places = static_cast<int64_t>(result.encoded.image_positions.size());
    const int64_t tokens = std::max<int64_t>(encoding_.image_tokens, 1);
    const auto shown = static_cast<size_t>((places + tokens - 1) / tokens);
    if (shown < row.images.size() && !result.encoded.truncated) {
      throw Error(fmt::format(
          "{}: row {}: 'image' must name as many pictures as turns hold \"<image>\", {}, found {}",
          json_.string(), number + 1, shown, row.images.size()));
    }
    // A picture that is shown more often than it is named is shown again, as LLaVA's single name is.
    for (size_t i = 0; i < shown; ++i)
      result.images.push_back(row.images[std::min(i, row.images.size() - 1)]);
    return result;
  }

  void note(int64_t number, const std::string& id, const models::EncodedRow& row) const {
    if (!noted_.insert(number).second) return;
    constexpr size_t kMostLines = 20;
    if (noted_.size() > kMostLines && (noted_.size() & (noted_.size() - 1)) != 0) return;
    warn_(fmt::format(
        "{}: row {} (id '{}'): LLaVA counts {} tokens where the row has {}; nothing of it is learned "
        "({} such rows so far)",
        json_.string(), number + 1, id, row.counted_tokens, row.own_tokens, noted_.size()));
  }

  std::filesystem::path json_;
  LlavaFile file_;
  const LanguageParts& language_;
  RowEncoding encoding_;
  std::function<void(const std::string&)> warn_;
  mutable std::vector<std::optional<TrainingRow>> kept_;
  mutable std::set<int64_t> noted_;
};

}  // namespace

std::unique_ptr<RowSource> encode_rows(const RowsLocation& location, const LanguageParts& language,
                                       const RowEncoding& encoding,
                                       std::function<void(const std::string&)> warn) {
  return std::make_unique<EncodedFile>(location, language, encoding, std::move(warn));
}

TrainingOptions training_options(const StageContext& context) {
  const TrialConfig& config = context.trial.config;
  TrainingOptions options;
  options.schedule = parse_schedule(config.schedule);
  options.warmup_ratio = config.warmup_ratio;
  options.grad_clip = config.grad_clip;
  options.checkpoint_every = config.checkpoint_every;
  options.folder = context.folder;
  options.stop = &context.stop;
  options.observer = &context.observer;
  return options;
}

void write_training_summary(const std::filesystem::path& folder, const TrainingSummary& summary,
                            at::ScalarType dtype) {
  const nlohmann::ordered_json record = {
      {"steps", summary.steps},           {"tokens", summary.tokens},
      {"seconds", summary.seconds},       {"trained_parameters", summary.trained_parameters},
      {"final_loss", summary.final_loss}, {"dtype", dtype == at::kBFloat16 ? "bfloat16" : "float32"}};
  write_file_atomically(folder / "summary.json", record.dump(2) + "\n");
}

}  // namespace imp::harness
