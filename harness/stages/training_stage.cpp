// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/training_stage.h"

#include <nlohmann/json.hpp>

#include "models/io/file.h"

namespace imp::harness {

std::vector<TrainingRow> encode_rows(const RowsLocation& location, const LanguageParts& language,
                                     const models::ConversationTemplate& conversation, int64_t image_tokens,
                                     int64_t max_length, bool isolated) {
  std::vector<TrainingRow> encoded;
  for (const LlavaRow& row : read_llava_rows(location.json)) {
    std::vector<models::Turn> turns;
    for (const auto& [question, answer] : row.turns) turns.push_back({question, answer});
    const auto mode = isolated ? models::TurnsMode::isolated : models::TurnsMode::conversation;
    encoded.push_back({models::encode_training_row(*language.tokenizer, conversation, turns,
                                                   !row.image.empty(), image_tokens, max_length, mode),
                       row.image, row.modality_length()});
  }
  return encoded;
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
