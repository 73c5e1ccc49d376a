// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace imp::models {

/// What imp does with a key of adapter_config.json.
enum class SettingEffect {
  honoured,      ///< read by AdapterConfig, or already told by the tensors of the file
  none,          ///< changes no output of a trained adapter
  only_default,  ///< any other value is refused by name
};

/// A field of PEFT's LoraConfig.
struct AdapterSetting {
  std::string_view key;
  std::string_view default_value;  ///< as JSON
  SettingEffect effect;
  std::string_view meaning;  ///< in a few words, for messages and readers
};

/// Every field of LoraConfig of PEFT 0.17 to 0.21, and what else adapter files in the wild carry. A test
/// compares keys and defaults with those of the installed PEFT, so that a new field is noticed there.
[[nodiscard]] std::span<const AdapterSetting> adapter_settings();

/// The setting of that name, or nullptr.
[[nodiscard]] const AdapterSetting* find_adapter_setting(std::string_view key);

}  // namespace imp::models
