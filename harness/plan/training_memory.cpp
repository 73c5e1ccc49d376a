// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/training_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/data/llava_encoding.h"
#include "harness/plan/trial_models.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRenderedText = 60;  ///< tokens of four short questions and answers, beside the picture's
/// Files beyond this are not read for a plan; their longest rows are long enough to be cut.
constexpr std::uintmax_t kLargestReadFile = 64U << 20;

}  // namespace

TrainingMemory::Batch TrainingMemory::batch_of_longest_rows(const TrialConfig& config, const fs::path& llm,
                                                            int64_t image_tokens) {
  const LlavaFile file(config.finetune_data.json);
  std::vector<int64_t> order(static_cast<std::size_t>(file.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto longest = order.begin() + std::min<std::ptrdiff_t>(config.micro_batch, std::ssize(order));
  const auto tokens_about = [&](int64_t row) {
    const int64_t words = file.modality_length(row);
    return words < 0 ? -words : words + image_tokens;
  };
  std::partial_sort(order.begin(), longest, order.end(),
                    [&](int64_t a, int64_t b) { return tokens_about(a) > tokens_about(b); });
  const auto tokenizer = models::Tokenizer::load(llm);
  const RowEncoding encoding{conversation_of(config), image_tokens, config.max_length,
                             config.turns == "isolated"};
  Batch batch;
  for (auto row = order.begin(); row != longest; ++row) {
    const EncodedLlavaRow encoded = encode(file.row(*row), *tokenizer, encoding);
    batch.tokens += std::ssize(encoded.encoded.ids);
    batch.supervised += encoded.supervised;
  }
  return batch;
}

TrainingMemory::Batch TrainingMemory::largest_batch(const TrialConfig& config, const fs::path& llm,
                                                    int64_t image_tokens) {
  const fs::path json = config.finetune_data.json;
  if (json.empty()) {
    const int64_t row = std::min(config.max_length, image_tokens + kRenderedText);
    return {config.micro_batch * row, config.micro_batch * config.questions_per_picture * 3};
  }
  std::error_code error;
  if (fs::file_size(json, error) > kLargestReadFile) {
    return {config.micro_batch * config.max_length, config.micro_batch * (config.max_length - image_tokens)};
  }
  const std::string key =
      fmt::format("{}|{}|{}|{}|{}|{}|{}", json.string(), llm.string(), image_tokens, config.micro_batch,
                  config.max_length, config.turns, config.conversation.name);
  const auto found = batches_.find(key);
  if (found != batches_.end()) return found->second;
  return batches_.emplace(key, batch_of_longest_rows(config, llm, image_tokens)).first->second;
}

MemoryEstimate TrainingMemory::of(const Trial& trial) {
  const TrialConfig& config = trial.config;
  const ModelDirectories directories = model_directories(trial, spec_);
  const std::string key =
      fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", directories.llm.string(),
                  directories.encoder.string(), config.micro_batch, config.max_length,
                  config.questions_per_picture, config.finetune, config.lora_rank, config.lora_targets,
                  config.lora_dropout > 0, config.dtype, config.recompute, config.finetune_data.json) +
      config.turns + config.conversation.name;
  const auto found = estimates_.find(key);
  if (found != estimates_.end()) return found->second;

  TrainingLoad load;
  load.text = text_config(directories);
  const FeatureShape features = feature_shape(directories);
  const Batch batch = largest_batch(config, directories.llm, features.image_tokens);
  load.vision_hidden = features.width;
  load.tokens = batch.tokens;
  load.supervised = batch.supervised;
  load.image_tokens = config.micro_batch * features.image_tokens;
  load.bfloat16 = config.dtype == "bfloat16";
  load.finetune = config.finetune;
  load.lora_rank = config.lora_rank;
  load.lora_targets = config.lora_targets;
  load.lora_dropout = config.lora_dropout > 0;
  load.recompute = config.recompute == "blocks";
  return estimates_.emplace(key, estimate_training_memory(load)).first->second;
}

}  // namespace imp::harness
