// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "models/config/generation_config.h"

namespace imp::models {
namespace {

constexpr KeyMeaning kNone = KeyMeaning::no_effect, kOnly = KeyMeaning::default_only;

constexpr std::string_view kOptions = "imp's own options say how long answers are and how many beams search";
constexpr std::string_view kSampling = "for sampling; answers are greedy unless imp's own option asks";
constexpr std::string_view kRule =
    "transformers' answers would follow it and imp's would not; leave it out of the file to compare without";
constexpr std::string_view kCache = "how keys and values are kept; the same answers";
constexpr std::string_view kReturned = "what a call of generate returns";
constexpr std::string_view kAssistant = "a faster way to the same answers";
constexpr std::string_view kEncoder = "for encoders with decoders";
constexpr std::string_view kNote = "a note";

constexpr auto kKeys = std::to_array<ConfigKey>({
    {"eos_token_id", "null"},
    {"length_penalty", "1.0"},
    // Rules that change greedy answers or beams.
    {"repetition_penalty", "1.0", kOnly, kRule},
    {"encoder_repetition_penalty", "1.0", kOnly, kRule},
    {"no_repeat_ngram_size", "0", kOnly, kRule},
    {"encoder_no_repeat_ngram_size", "0", kOnly, kRule},
    {"bad_words_ids", "null", kOnly, kRule},
    {"sequence_bias", "null", kOnly, kRule},
    {"suppress_tokens", "null", kOnly, kRule},
    {"begin_suppress_tokens", "null", kOnly, kRule},
    {"forced_eos_token_id", "null", kOnly, kRule},
    {"exponential_decay_length_penalty", "null", kOnly, kRule},
    {"min_length", "0", kOnly, kRule},
    {"min_new_tokens", "0", kOnly, kRule},
    {"guidance_scale", "1.0", kOnly, kRule},
    {"watermarking_config", "null", kOnly, kRule},
    {"stop_strings", "null", kOnly, kRule},
    {"max_time", "null", kOnly, kRule},
    {"token_healing", "false", kOnly, kRule},
    {"penalty_alpha", "0.0", kOnly, kRule},
    {"dola_layers", "null", kOnly, kRule},
    {"early_stopping", "false", kOnly, kRule},
    {"num_beam_groups", "1", kOnly, kRule},
    {"diversity_penalty", "0.0", kOnly, kRule},
    {"constraints", "null", kOnly, kRule},
    {"force_words_ids", "null", kOnly, kRule},
    // What imp's options say.
    {"max_length", "20", kNone, kOptions},
    {"max_new_tokens", "null", kNone, kOptions},
    {"num_beams", "1", kNone, kOptions},
    {"num_return_sequences", "1", kNone, kOptions},
    {"do_sample", "false", kNone, kSampling},
    {"temperature", "1.0", kNone, kSampling},
    {"top_k", "50", kNone, kSampling},
    {"top_p", "1.0", kNone, kSampling},
    {"min_p", "null", kNone, kSampling},
    {"top_h", "null", kNone, kSampling},
    {"typical_p", "1.0", kNone, kSampling},
    {"epsilon_cutoff", "0.0", kNone, kSampling},
    {"eta_cutoff", "0.0", kNone, kSampling},
    // Without effect on answers.
    {"renormalize_logits", "false", kNone, "of scores that rules have changed; there are none"},
    {"remove_invalid_values", "false", kNone, "of logits that are no numbers"},
    {"forced_bos_token_id", "null", kNone, kEncoder},
    {"decoder_start_token_id", "null", kNone, kEncoder},
    {"bos_token_id", "null", kNone, "the tokenizer puts it before a prompt"},
    {"pad_token_id", "null", kNone, "rows are packed here, not padded"},
    {"use_cache", "true", kNone, kCache},
    {"cache_implementation", "null", kNone, kCache},
    {"cache_config", "null", kNone, kCache},
    {"max_cache_len", "null", kNone, kCache},
    {"return_legacy_cache", "null", kNone, kCache},
    {"prefill_chunk_size", "null", kNone, kCache},
    {"continuous_batching_config", "null", kNone, kCache},
    {"low_memory", "null", kNone, kCache},
    {"compile_config", "null", kNone, kCache},
    {"disable_compile", "false", kNone, kCache},
    {"output_attentions", "false", kNone, kReturned},
    {"output_hidden_states", "false", kNone, kReturned},
    {"output_scores", "false", kNone, kReturned},
    {"output_logits", "null", kNone, kReturned},
    {"return_dict_in_generate", "false", kNone, kReturned},
    {"use_mtp", "null", kNone, kAssistant},
    {"is_assistant", "false", kNone, kAssistant},
    {"num_assistant_tokens", "20", kNone, kAssistant},
    {"num_assistant_tokens_schedule", "\"constant\"", kNone, kAssistant},
    {"assistant_confidence_threshold", "0.4", kNone, kAssistant},
    {"prompt_lookup_num_tokens", "null", kNone, kAssistant},
    {"max_matching_ngram_size", "null", kNone, kAssistant},
    {"assistant_early_exit", "null", kNone, kAssistant},
    {"assistant_lookbehind", "10", kNone, kAssistant},
    {"target_lookbehind", "10", kNone, kAssistant},
    {"assistant_ensemble_weight", "null", kNone, kAssistant},
    {"speculation_type", "null", kNone, kAssistant},
    {"transformers_version", "null", kNone, kNote},
    {"_from_model_config", "null", kNone, kNote},
    {"_commit_hash", "null", kNone, kNote},
});

}  // namespace

const ConfigClass kGenerationConfig{"GenerationConfig", kKeys};

}  // namespace imp::models
