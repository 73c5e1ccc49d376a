// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "models/config/config_keys.h"

namespace imp::models {
namespace {

constexpr KeyMeaning kRead = KeyMeaning::read, kNone = KeyMeaning::no_effect;
constexpr KeyMeaning kTraining = KeyMeaning::training;
constexpr std::string_view kDropout = "lora_dropout is the recipe's";
constexpr std::string_view kFresh = "deviation of fresh weights";
constexpr std::string_view kCache = "whether transformers keeps keys and values between calls";

constexpr auto kPhi = std::to_array<ConfigKey>({
    {"vocab_size", "51200"},
    {"hidden_size", "2048"},
    {"intermediate_size", "8192"},
    {"num_hidden_layers", "24"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads", "null"},  // as many as num_attention_heads
    {"head_dim", "null"},             // hidden_size / num_attention_heads
    {"hidden_act", "\"gelu_new\""},
    {"max_position_embeddings", "2048"},
    {"layer_norm_eps", "1e-05"},
    {"qk_layernorm", "false"},
    {"rope_theta", "10000.0"},
    {"rope_scaling", "null"},
    {"rope_parameters", "null"},
    {"partial_rotary_factor", "0.5"},
    {"original_max_position_embeddings", "null"},
    {"sliding_window", "null"},
    {"layer_types", "null"},
    {"tie_word_embeddings", "false"},
    {"bos_token_id", "1"},
    {"eos_token_id", "2"},
    {"pad_token_id", "null"},
    {"resid_pdrop", "0.0", kTraining, kDropout},
    {"embd_pdrop", "0.0", kTraining, kDropout},
    {"attention_dropout", "0.0", kTraining, kDropout},
    {"initializer_range", "0.02", kNone, kFresh},
    {"use_cache", "true", kNone, kCache},
});

constexpr auto kLlama = std::to_array<ConfigKey>({
    {"vocab_size", "32000"},
    {"hidden_size", "4096"},
    {"intermediate_size", "11008"},
    {"num_hidden_layers", "32"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads", "null"},  // as many as num_attention_heads
    {"head_dim", "null"},             // hidden_size / num_attention_heads
    {"hidden_act", "\"silu\""},
    {"max_position_embeddings", "2048"},
    {"rms_norm_eps", "1e-06"},
    {"attention_bias", "false"},
    {"mlp_bias", "false"},
    {"rope_theta", "10000.0"},
    {"rope_scaling", "null"},
    {"rope_parameters", "null"},
    {"partial_rotary_factor", "1.0", kRead, "must be 1: transformers 4 refuses it, 5 turns all channels"},
    {"original_max_position_embeddings", "null"},
    {"sliding_window", "null"},
    {"layer_types", "null"},
    {"tie_word_embeddings", "false"},
    {"bos_token_id", "1"},
    {"eos_token_id", "2"},
    {"pad_token_id", "null"},
    {"attention_dropout", "0.0", kTraining, kDropout},
    {"initializer_range", "0.02", kNone, kFresh},
    {"use_cache", "true", kNone, kCache},
    {"pretraining_tp", "1", kNone, "parts of a product summed one after another; the same numbers"},
});

}  // namespace

const ConfigClass kPhiConfig{"PhiConfig", kPhi};
const ConfigClass kLlamaConfig{"LlamaConfig", kLlama};

}  // namespace imp::models
