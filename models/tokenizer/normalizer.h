// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace imp::models {

/// What is done to a stretch of text (between added tokens) before it is cut into words.
class Normalizer {
 public:
  using Step = std::function<std::string(std::string_view)>;

  Normalizer() = default;
  explicit Normalizer(std::vector<Step> steps) : steps_(std::move(steps)) {}

  /// Reads tokenizer.json's "normalizer": null, Sequence, Prepend, Replace, NFC, NFD, NFKC or NFKD.
  /// Throws imp::Error (usage) naming any other type.
  [[nodiscard]] static Normalizer from_json(const nlohmann::json& value);

  [[nodiscard]] std::string apply(std::string_view text) const;
  [[nodiscard]] bool changes_nothing() const { return steps_.empty(); }

  /// `prefix` before text that is not empty.
  [[nodiscard]] static Step prepend(std::string prefix);
  /// Every `from` becomes `to`.
  [[nodiscard]] static Step replace(std::string from, std::string to);
  /// Spaces at both ends are dropped and runs of spaces become one (SentencePiece's
  /// remove_extra_whitespaces).
  [[nodiscard]] static Step squeeze_spaces();

 private:
  std::vector<Step> steps_;
};

}  // namespace imp::models
