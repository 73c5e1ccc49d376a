// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace imp::models {

enum class KeyMeaning {
  read,          ///< imp acts on it as transformers does
  no_effect,     ///< changes no output of the model in transformers either; `note` says what it is for
  training,      ///< transformers acts on it in training alone, and imp does not; `note` says what does
  default_only,  ///< refused unless it is the default or null; `note` says what to do
};

/// What imp makes of one key of a config.json.
struct ConfigKey {
  std::string_view name;
  std::string_view default_value;  ///< JSON: what is meant where the key is absent
  KeyMeaning meaning = KeyMeaning::read;
  std::string_view note = {};
};

/// The keys of one configuration class of transformers, beside those that all classes share. Keys that are in
/// neither list are such as no class of transformers knows (LLaVA's mm_*, comments, other libraries' notes),
/// and mean nothing here either.
struct ConfigClass {
  std::string_view name;  ///< as in transformers, e.g. `LlamaConfig`
  std::span<const ConfigKey> keys;
};

extern const ConfigClass kPhiConfig, kLlamaConfig;
extern const ConfigClass kSiglipVisionConfig, kClipVisionConfig, kVitConfig, kSiglipConfig, kClipConfig;
extern const ConfigClass kLlavaConfig;

/// PretrainedConfig's own keys.
[[nodiscard]] std::span<const ConfigKey> common_config_keys();
/// Every class above.
[[nodiscard]] std::span<const ConfigClass* const> config_classes();

/// The key in the class's list or else in the common one; nullptr if it is in neither.
[[nodiscard]] const ConfigKey* find_config_key(const ConfigClass& config_class, std::string_view name);

}  // namespace imp::models
