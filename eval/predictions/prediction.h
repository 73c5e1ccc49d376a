// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/benchmarks/identifier.h"

namespace imp::eval {

/// One line of a predictions file.
struct Prediction {
  Identifier question_id;
  Identifier image_id;
  std::string text;  ///< key `prediction`
  std::optional<double> score = std::nullopt;
  std::string family = {};
  std::optional<long long> question_tokens = std::nullopt;
  std::optional<long long> answer_tokens = std::nullopt;
};

/// Longest answer that read_predictions accepts, in bytes: a longer one is a broken file, not an answer.
inline constexpr std::size_t kLongestAnswer = 65'536;

/// Reads a file of JSON lines `{"question_id", "image_id", "prediction", "score", "family", ...}`;
/// `question_id` and `prediction` are needed, keys not listed here are passed over. Throws imp::Error with
/// file:line:column for a line that is not such an object, invalid UTF-8, a score that is not finite, or an
/// answer longer than kLongestAnswer.
[[nodiscard]] std::vector<Prediction> read_predictions(const std::filesystem::path& path);

/// What is wrong with an answer of more than kLongestAnswer bytes.
[[nodiscard]] std::string too_long(std::size_t bytes);

/// The JSON line of a prediction, without the newline. Text that is not UTF-8 is mended with U+FFFD.
[[nodiscard]] std::string prediction_line(const Prediction& prediction);

/// Writes a predictions file, whole or not at all. Throws imp::Error (environment).
void write_predictions(const std::filesystem::path& path, std::span<const Prediction> predictions);

}  // namespace imp::eval
