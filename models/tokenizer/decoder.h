// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace imp::models {

/// Turns tokens back into text.
class Decoder {
 public:
  using Step = std::function<void(std::vector<std::string>&)>;

  Decoder() = default;

  /// Reads tokenizer.json's "decoder": null (tokens joined by spaces), Sequence, ByteLevel, Replace,
  /// ByteFallback, Fuse, Strip or Metaspace. Throws imp::Error (usage) naming any other type.
  [[nodiscard]] static Decoder from_json(const nlohmann::json& value);

  /// LLaMA's: "▁" is a space, <0x..> are bytes, one leading space goes if `strip`.
  [[nodiscard]] static Decoder sentencepiece(bool strip);

  [[nodiscard]] std::string decode(std::vector<std::string> tokens) const;

 private:
  void add(const nlohmann::json& value);

  std::vector<Step> steps_;
  bool join_with_spaces_ = true;
};

}  // namespace imp::models
