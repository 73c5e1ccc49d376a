// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/training_rows_estimate.h"

#include <algorithm>
#include <filesystem>

#include "harness/data/llava_rows.h"

namespace imp::harness {
namespace {

/// Of rendered rows, counted over the embedded profile's.
constexpr double kCaptionTokens = 9, kQuestionTokens = 9.5, kAnswerTokens = 2.2;
/// Of English text in LLaVA's data, by the tokenizers of Phi and LLaMA.
constexpr double kTokensOfAWord = 1.35;
/// Half of what is said in LLaVA's data is answers.
constexpr double kSupervisedShare = 0.6;

}  // namespace

RowsEstimate RowsEstimator::finetune_rows(const TrialConfig& config) {
  if (!config.finetune_data.json.empty()) return rows_of_file(config.finetune_data.json);
  const auto questions = static_cast<double>(config.questions_per_picture);
  return {static_cast<double>(config.train_pictures), questions * (kQuestionTokens + kAnswerTokens),
          questions * kAnswerTokens, 1};
}

RowsEstimate RowsEstimator::connector_rows(const TrialConfig& config) {
  if (!config.connector_data.json.empty()) return rows_of_file(config.connector_data.json);
  return {static_cast<double>(config.train_pictures), kCaptionTokens, kCaptionTokens, 1};
}

const RowsEstimate& RowsEstimator::rows_of_file(const std::string& json) {
  constexpr std::uint64_t kLookedAt = 8U << 20;  // bytes; some tens of milliseconds
  const auto [place, fresh] = files_.try_emplace(json);
  if (!fresh) return place->second;
  const LlavaFile front = LlavaFile::front_of(json, kLookedAt);
  double words = 0, bytes = 0, with_picture = 0;
  for (std::int64_t row = 0; row < front.size(); ++row) {
    const std::int64_t length = front.modality_length(row);
    words += static_cast<double>(length < 0 ? -length : length);
    with_picture += length < 0 ? 0 : 1;
    bytes += static_cast<double>(front.length(row));
  }
  const auto seen = static_cast<double>(std::max<std::int64_t>(front.size(), 1));
  RowsEstimate& estimate = place->second;
  estimate.rows = front.is_whole() || bytes <= 0
                      ? seen
                      : seen * static_cast<double>(std::filesystem::file_size(json)) / bytes;
  estimate.text_tokens = words / seen * kTokensOfAWord;
  estimate.supervised = estimate.text_tokens * kSupervisedShare;
  estimate.pictures = with_picture / seen;
  return estimate;
}

}  // namespace imp::harness
