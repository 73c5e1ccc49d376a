// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imp::models {

/// GPT-2's printable stand-in for a byte, as UTF-8 (https://github.com/openai/gpt-2, encoder.py:
/// bytes_to_unicode).
[[nodiscard]] const std::string& byte_to_symbol(unsigned char byte);

/// The bytes a token of a byte-level vocabulary stands for, or nothing if it has a character that is no
/// stand-in.
[[nodiscard]] std::optional<std::string> symbols_to_bytes(std::string_view token);

}  // namespace imp::models
