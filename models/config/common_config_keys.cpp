// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "models/config/config_keys.h"

namespace imp::models {
namespace {

constexpr KeyMeaning kNone = KeyMeaning::no_effect, kOnly = KeyMeaning::default_only;

constexpr std::string_view kReturned = "which outputs a call of transformers returns";
constexpr std::string_view kLabels = "names of a classifier's classes";
constexpr std::string_view kAnswers = "how answers are searched: generation_config.h reads it or refuses it";
constexpr std::string_view kCrossAttention = "for encoders with decoders";
constexpr std::string_view kQuantized =
    "imp computes with float weights: take the checkpoint that was quantized, or save what transformers' "
    "model.dequantize() gives";

constexpr auto kKeys = std::to_array<ConfigKey>({
    {"model_type", "\"\""},
    {"architectures", "null", kNone, "which class of transformers saved it"},
    {"transformers_version", "null", kNone, "which version saved it"},
    {"_name_or_path", "\"\"", kNone, "where it was loaded from"},
    {"dtype", "null", kNone, "what the weights are stored in; --dtype says what is computed with"},
    {"torch_dtype", "null", kNone, "the name of `dtype` before transformers 4.56"},
    // Weights and layers.
    {"quantization_config", "null", kOnly, kQuantized},
    {"compression_config", "null", kOnly, kQuantized},
    {"pruned_heads", "{}", kOnly, "imp has no pruned heads; save the model with all its heads"},
    {"per_layer_config", "null", kOnly, "imp's layers are all alike; take a checkpoint without it"},
    {"is_encoder_decoder", "false", kOnly, "imp has decoders alone"},
    {"chunk_size_feed_forward", "0", kNone, "rows at once through a layer; these classes do not read it"},
    {"tie_word_embeddings", "true", kNone, "these classes have no word embeddings of their own"},
    {"is_decoder", "false", kNone, kCrossAttention},
    {"add_cross_attention", "false", kNone, kCrossAttention},
    {"cross_attention_hidden_size", "null", kNone, kCrossAttention},
    {"tie_encoder_decoder", "false", kNone, kCrossAttention},
    {"torchscript", "false", kNone, "tied weights are cloned for TorchScript"},
    {"use_bfloat16", "false", kNone, "for TensorFlow"},
    {"tf_legacy_loss", "false", kNone, "for TensorFlow"},
    // What a call returns.
    {"output_hidden_states", "false", kNone, kReturned},
    {"output_attentions", "false", kNone, kReturned},
    {"return_dict", "true", kNone, kReturned},
    // Classifiers.
    {"id2label", "{\"0\":\"LABEL_0\",\"1\":\"LABEL_1\"}", kNone, kLabels},
    {"label2id", "{\"LABEL_0\":0,\"LABEL_1\":1}", kNone, kLabels},
    {"num_labels", "null", kNone, kLabels},
    {"problem_type", "null", kNone, "the loss of a classifier"},
    {"finetuning_task", "null", kNone, "a note"},
    {"task_specific_params", "null", kNone, "for pipelines"},
    // Tokens.
    {"tokenizer_class", "null", kNone, "tokenizer_config.json has it"},
    {"prefix", "null", kNone, "for pipelines"},
    {"bos_token_id", "null", kNone, "for classes that make text"},
    {"pad_token_id", "null", kNone, "rows are packed here, not padded"},
    {"eos_token_id", "null", kNone, "for classes that make text"},
    {"sep_token_id", "null", kNone, "for encoders"},
    {"decoder_start_token_id", "null", kNone, kCrossAttention},
    // Answers.
    {"max_length", "20", kNone, kAnswers},
    {"min_length", "0", kNone, kAnswers},
    {"do_sample", "false", kNone, kAnswers},
    {"early_stopping", "false", kNone, kAnswers},
    {"num_beams", "1", kNone, kAnswers},
    {"num_beam_groups", "1", kNone, kAnswers},
    {"diversity_penalty", "0.0", kNone, kAnswers},
    {"temperature", "1.0", kNone, kAnswers},
    {"top_k", "50", kNone, kAnswers},
    {"top_p", "1.0", kNone, kAnswers},
    {"typical_p", "1.0", kNone, kAnswers},
    {"repetition_penalty", "1.0", kNone, kAnswers},
    {"length_penalty", "1.0", kNone, kAnswers},
    {"no_repeat_ngram_size", "0", kNone, kAnswers},
    {"encoder_no_repeat_ngram_size", "0", kNone, kAnswers},
    {"bad_words_ids", "null", kNone, kAnswers},
    {"num_return_sequences", "1", kNone, kAnswers},
    {"output_scores", "false", kNone, kAnswers},
    {"return_dict_in_generate", "false", kNone, kAnswers},
    {"forced_bos_token_id", "null", kNone, kAnswers},
    {"forced_eos_token_id", "null", kNone, kAnswers},
    {"remove_invalid_values", "false", kNone, kAnswers},
    {"exponential_decay_length_penalty", "null", kNone, kAnswers},
    {"suppress_tokens", "null", kNone, kAnswers},
    {"begin_suppress_tokens", "null", kNone, kAnswers},
});

constexpr std::array<const ConfigClass*, 8> kClasses{&kPhiConfig,        &kLlamaConfig, &kSiglipVisionConfig,
                                                     &kClipVisionConfig, &kVitConfig,   &kSiglipConfig,
                                                     &kClipConfig,       &kLlavaConfig};

const ConfigKey* find(std::span<const ConfigKey> keys, std::string_view name) {
  for (const ConfigKey& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace

std::span<const ConfigKey> common_config_keys() {
  return kKeys;
}

std::span<const ConfigClass* const> config_classes() {
  return kClasses;
}

const ConfigKey* find_config_key(const ConfigClass& config_class, std::string_view name) {
  const ConfigKey* own = find(config_class.keys, name);
  return own != nullptr ? own : find(kKeys, name);
}

}  // namespace imp::models
