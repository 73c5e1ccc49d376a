// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace imp::eval {

/// One answer of MME. Each image of a category has exactly two.
struct MmeRow {
  std::string image;
  std::string category;
  std::string prediction;
  std::string label;  ///< "Yes" or "No"
};

/// Sums over categories of the mean over images of accuracy x 100 + (100 if both answers are right).
struct MmeScores {
  std::optional<double> perception;  ///< of at most 2000; nothing if no row is of such a category
  std::optional<double> cognition;   ///< of at most 800
};

/// Whether lmms-eval's MME task counts the answer as right. Throws imp::Error if the label is neither yes nor
/// no.
[[nodiscard]] bool mme_is_right(std::string_view prediction, std::string_view label);

/// MME's sums as lmms-eval 0.7.3 computes them; a category that is not one of the ten of perception counts as
/// cognition. Throws imp::Error if an image of a category has not exactly two rows.
[[nodiscard]] MmeScores mme_scores(std::span<const MmeRow> rows);

}  // namespace imp::eval
