// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "models/tokenizer/tokenizer_settings.h"

namespace imp::models {
namespace {

constexpr KeyMeaning kNone = KeyMeaning::no_effect, kOnly = KeyMeaning::default_only;

constexpr std::string_view kCall = "of calls that pad or cut, which imp does by itself";
constexpr std::string_view kDecoding = "transformers 5 decodes as imp does, without cleaning up";
constexpr std::string_view kNote = "a note";

constexpr auto kKeys = std::to_array<ConfigKey>({
    {"tokenizer_class", "null"},
    {"added_tokens_decoder", "null"},
    {"bos_token", "null"},
    {"eos_token", "null"},
    {"unk_token", "null"},
    {"sep_token", "null"},
    {"pad_token", "null"},
    {"cls_token", "null"},
    {"mask_token", "null"},
    {"additional_special_tokens", "null"},
    {"extra_special_tokens", "null"},
    {"add_bos_token", "null"},
    {"add_eos_token", "false", kOnly,
     "transformers would put the end after every prompt too; rows end their answers by themselves"},
    {"add_prefix_space", "null"},
    {"legacy", "false"},
    {"split_special_tokens", "false"},
    {"errors", "\"replace\"", kOnly, "bytes that are no text become U+FFFD"},
    {"fix_mistral_regex", "false", kOnly, "save the tokenizer.json that it makes"},
    {"clean_up_tokenization_spaces", "false", kNone, kDecoding},
    {"spaces_between_special_tokens", "true", kNone, "of tokenizers without a tokenizer.json"},
    {"model_max_length", "null", kNone, "max_length of a study says how long rows are"},
    {"padding_side", "null", kNone, kCall},
    {"truncation_side", "null", kNone, kCall},
    {"pad_token_type_id", "0", kNone, kCall},
    {"model_input_names", "null", kNone, kCall},
    {"return_token_type_ids", "false", kNone, kCall},
    {"max_length", "null", kNone, kCall},
    {"stride", "0", kNone, kCall},
    {"truncation_strategy", "null", kNone, kCall},
    {"pad_to_multiple_of", "null", kNone, kCall},
    {"chat_template", "null", kNone, "`conversation` of a study is the format of prompts"},
    {"use_default_system_prompt", "false", kNone, "of chat templates"},
    {"response_schema", "null", kNone, "of chat templates"},
    {"sp_model_kwargs", "null", kNone, "of the SentencePiece library, which is not used"},
    {"trim_offsets", "true", kNone, "of places of tokens, which nothing asks for"},
    {"vocab_file", "null", kNone, kNote},
    {"merges_file", "null", kNone, kNote},
    {"tokenizer_file", "null", kNone, kNote},
    {"vocab", "null", kNone, kNote},
    {"merges", "null", kNone, kNote},
    {"name_or_path", "\"\"", kNone, kNote},
    {"processor_class", "null", kNone, kNote},
    {"backend", "null", kNone, kNote},
    {"is_local", "null", kNone, kNote},
    {"local_files_only", "null", kNone, kNote},
    {"verbose", "true", kNone, kNote},
    {"auto_map", "null", kNone, "imp runs no code of a checkpoint; tokenizer.json says what it does"},
});

}  // namespace

const ConfigClass kTokenizerConfig{"tokenizer_config.json", kKeys};

}  // namespace imp::models
