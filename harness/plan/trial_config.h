// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace imp::harness {

/// Training data: a named mix, or rows in LLaVA's JSON format with the folder of their pictures.
struct DataSource {
  std::string name;  ///< "" where `json` and `images` are given
  std::string json;
  std::string images;

  bool operator==(const DataSource&) const = default;
};

/// Prompt template: a named one, or its four strings.
struct ConversationTemplate {
  std::string name;  ///< "" where the strings are given
  std::string system;
  std::string user;
  std::string assistant;
  std::string turn_end;

  bool operator==(const ConversationTemplate&) const = default;
};

/// One full configuration of a cell. What each key means, and its bounds, stand in configuration_keys();
/// the defaults are the initialisers here.
struct TrialConfig {
  std::string llm = "phi";
  std::string encoder = "siglip";
  std::string encoder_weights = "pretrained";
  std::string checkpoint;
  std::string init_adapter;
  std::string init_projector;
  DataSource connector_data{.name = "scenetext", .json = "", .images = ""};
  DataSource finetune_data{.name = "scenetext", .json = "", .images = ""};
  ConversationTemplate conversation{
      .name = "bare_v1", .system = "", .user = "", .assistant = "", .turn_end = ""};

  std::string finetune = "lora";
  std::int64_t lora_rank = 256;
  double lora_alpha = 256;
  double lora_dropout = 0;
  std::string lora_targets;
  std::int64_t epochs = 1;
  std::int64_t max_steps = 0;
  std::int64_t batch_size = 16;
  std::int64_t micro_batch = 16;
  std::string recompute = "none";
  double learning_rate = 2e-4;
  double projector_learning_rate = 2e-5;
  std::string schedule = "cosine";
  double warmup_ratio = 0.03;
  double cooldown_ratio = 0.2;
  double weight_decay = 0;
  double grad_clip = 1;
  std::string loss_normalization = "global_batch";
  std::string dtype = "auto";
  std::string sampler = "modality_length";
  std::int64_t max_length = 2048;
  std::string turns = "conversation";
  bool skip_unreadable = false;
  std::string features = "auto";
  std::string device = "auto";
  bool deterministic = true;
  std::int64_t seed = 1;

  std::int64_t connector_epochs = 1;
  std::int64_t connector_max_steps = 0;
  std::int64_t connector_batch_size = 32;
  std::int64_t connector_micro_batch = 32;
  double connector_learning_rate = 1e-3;
  std::int64_t connector_seed = 1;

  std::int64_t train_pictures = 16000;
  std::int64_t test_pictures = 750;
  std::int64_t questions_per_picture = 4;
  std::int64_t data_seed = 1;
  std::int64_t test_seed = 1;
  std::string test_split = "test";

  std::string controls = "blind";
  std::int64_t max_new_tokens = 8;
  std::int64_t eval_batch = 64;
  std::int64_t checkpoint_every = 100;

  std::string pretrain;
  std::string pretrain_text = "organised";
  std::string pretrain_labels = "characters";
  std::int64_t pretrain_steps = 1000;
  std::int64_t pretrain_batch_size = 64;
  double pretrain_learning_rate = 1e-3;
  double pretrain_matrix_learning_rate = 0.01;

  bool operator==(const TrialConfig&) const = default;
};

/// The schedule of stage 1: that of stage 2, but cosine where that one is there for trials to share trunks,
/// so that trials with other schedules of stage 2 share stage 1.
[[nodiscard]] std::string connector_schedule(const TrialConfig& config);

/// The value of `llm` as a model is looked up by it: the zoo's language models that read raw text stand
/// beside their organised sisters, under their names with "_raw".
[[nodiscard]] std::string language_model(const TrialConfig& config);

/// Where the value of a key stands in a TrialConfig; its alternative is the key's type.
using ConfigMember =
    std::variant<std::string TrialConfig::*, std::int64_t TrialConfig::*, double TrialConfig::*,
                 bool TrialConfig::*, DataSource TrialConfig::*, ConversationTemplate TrialConfig::*>;

/// What is to be known of one key; the reader, the checks, the schema and the table in the docs all come from
/// it.
struct KeyDescription {
  std::string_view name;
  ConfigMember member;
  std::string_view meaning;
  std::vector<std::string> choices =
      {};  ///< the only values of a text (or names of a data source or template)
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool above_minimum = false;  ///< the minimum itself is refused

  [[nodiscard]] bool is_text() const { return std::holds_alternative<std::string TrialConfig::*>(member); }
  /// true or false.
  [[nodiscard]] bool is_switch() const { return std::holds_alternative<bool TrialConfig::*>(member); }
  [[nodiscard]] bool is_whole_number() const {
    return std::holds_alternative<std::int64_t TrialConfig::*>(member);
  }
  [[nodiscard]] bool is_number() const {
    return is_whole_number() || std::holds_alternative<double TrialConfig::*>(member);
  }
};

/// All keys, in the order in which they are written and shown.
[[nodiscard]] const std::vector<KeyDescription>& configuration_keys();

/// The description of a key, or nullptr.
[[nodiscard]] const KeyDescription* find_key(std::string_view name);

/// The names of all keys, for suggestions.
[[nodiscard]] const std::vector<std::string>& key_names();

/// What a value may be, in words: `a whole number from 0 to 4096`, `one of: lora, full, projector`.
[[nodiscard]] std::string expectation(const KeyDescription& key);

}  // namespace imp::harness
