// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/training_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/data/llava_encoding.h"
#include "harness/plan/device_memory_estimate.h"
#include "harness/plan/trial_models.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRenderedText = 60;  ///< tokens of four short questions and answers, beside the picture's
constexpr int64_t kRenderedCaption = 16;  ///< tokens of a caption
/// Files beyond this are not read for a plan; their longest rows are long enough to be cut.
constexpr std::uintmax_t kLargestReadFile = 64U << 20;

}  // namespace

TrainingMemory::Rows TrainingMemory::rows_of(const TrialConfig& config, Training training) {
  if (training == Training::connector) {
    return {config.connector_data,
            config.connector_micro_batch,
            models::conversation_template("plain"),
            true,
            kRenderedCaption,
            kRenderedCaption};
  }
  return {config.finetune_data,       config.micro_batch, conversation_of(config),
          config.turns == "isolated", kRenderedText,      config.questions_per_picture * 3};
}

TrainingMemory::Batch TrainingMemory::batch_of_longest_rows(const Rows& rows, const fs::path& llm,
                                                            int64_t image_tokens, int64_t max_length) {
  const LlavaFile file(rows.source.json);
  std::vector<int64_t> order(static_cast<std::size_t>(file.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto longest = order.begin() + std::min<std::ptrdiff_t>(rows.micro_batch, std::ssize(order));
  const auto tokens_about = [&](int64_t row) {
    const int64_t words = file.modality_length(row);
    return words < 0 ? -words : words + image_tokens;
  };
  std::partial_sort(order.begin(), longest, order.end(),
                    [&](int64_t a, int64_t b) { return tokens_about(a) > tokens_about(b); });
  const auto tokenizer = models::Tokenizer::load(llm);
  const RowEncoding encoding{rows.conversation, image_tokens, max_length, rows.isolated};
  Batch batch;
  for (auto row = order.begin(); row != longest; ++row) {
    const EncodedLlavaRow encoded = encode(file.row(*row), *tokenizer, encoding);
    batch.tokens += std::ssize(encoded.encoded.ids);
    batch.supervised += encoded.supervised;
  }
  return batch;
}

TrainingMemory::Batch TrainingMemory::largest_batch(const Rows& rows, const fs::path& llm,
                                                    int64_t image_tokens, int64_t max_length) {
  const fs::path json = rows.source.json;
  if (json.empty()) {
    const int64_t row = std::min(max_length, image_tokens + rows.rendered_text);
    return {rows.micro_batch * row, rows.micro_batch * rows.rendered_labels};
  }
  std::error_code error;
  if (fs::file_size(json, error) > kLargestReadFile)
    return {rows.micro_batch * max_length, rows.micro_batch * (max_length - image_tokens)};
  const std::string key = fmt::format("{}|{}|{}|{}|{}|{}|{}", json.string(), llm.string(), image_tokens,
                                      rows.micro_batch, max_length, rows.isolated, rows.conversation.name);
  const auto found = batches_.find(key);
  if (found != batches_.end()) return found->second;
  return batches_.emplace(key, batch_of_longest_rows(rows, llm, image_tokens, max_length)).first->second;
}

const ModelDirectories& TrainingMemory::directories_of(const Trial& trial) {
  const TrialConfig& config = trial.config;
  const std::string key = config.checkpoint + '\n' + config.llm + '\n' + config.encoder;
  const auto found = directories_.find(key);
  return found != directories_.end()
             ? found->second
             : directories_.emplace(key, model_directories(trial, spec_)).first->second;
}

const TrainingLoad& TrainingMemory::load_of(const Trial& trial, Training training, bool computes_features) {
  const TrialConfig& config = trial.config;
  const ModelDirectories& directories = directories_of(trial);
  const Rows rows = rows_of(config, training);
  const bool connector = training == Training::connector;
  const int64_t batch_size = connector ? config.connector_batch_size : config.batch_size;
  const std::string finetune = connector ? "projector" : config.finetune;
  const std::string key = fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", directories.llm.string(),
                                      directories.encoder.string(), rows.micro_batch, batch_size,
                                      config.max_length, config.questions_per_picture, finetune,
                                      config.lora_rank, config.lora_targets, config.lora_dropout > 0,
                                      config.dtype, config.recompute, rows.source.json, computes_features) +
                          (rows.isolated ? "isolated" : "") + rows.conversation.name;
  const auto found = loads_.find(key);
  if (found != loads_.end()) return found->second;

  TrainingLoad load;
  load.text = text_config(directories);
  const FeatureShape features = feature_shape(directories);
  const Batch batch = largest_batch(rows, directories.llm, features.image_tokens, config.max_length);
  load.vision_hidden = features.width;
  load.tokens = batch.tokens;
  load.supervised = batch.supervised;
  load.image_tokens = rows.micro_batch * features.image_tokens;
  load.bfloat16 = config.dtype == "bfloat16";
  load.finetune = finetune;
  load.lora_rank = config.lora_rank;
  load.lora_targets = config.lora_targets;
  load.lora_dropout = config.lora_dropout > 0;
  load.recompute = config.recompute == "blocks";
  load.recorded = !load.lora_dropout && !load.text.first_rescaled_position();
  load.accumulates = rows.micro_batch < batch_size;
  if (computes_features) {
    const MemoryEstimate encoder = estimate_encoder_memory(
        vision_config(directories), std::min(rows.micro_batch, kPicturesAtOnce), load.bfloat16, true);
    load.encoder_bytes = encoder.frozen_weights + encoder.activations;
  }
  return loads_.emplace(key, load).first->second;
}

}  // namespace imp::harness
