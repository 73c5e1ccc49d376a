// SPDX-License-Identifier: Apache-2.0
#include "eval/metrics/mme.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "eval/metrics/yes_no.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

constexpr std::array<std::string_view, 10> kPerception = {
    "existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"};

bool is_perception(std::string_view category) {
  return std::find(kPerception.begin(), kPerception.end(), category) != kPerception.end();
}

/// How many of an image's rows were seen and were right.
struct Pair {
  int seen = 0;
  int right = 0;
};

using Images = std::map<std::string_view, Pair>;

double category_score(std::string_view category, const Images& images) {
  double total = 0.0;
  for (const auto& [image, pair] : images) {
    if (pair.seen != 2)
      throw Error("mme: image '" + std::string(image) + "' of category '" + std::string(category) + "' has " +
                  std::to_string(pair.seen) + " answers; exactly 2 are needed");
    total += pair.right * 50.0 + (pair.right == 2 ? 100.0 : 0.0);
  }
  return total / static_cast<double>(images.size());
}

}  // namespace

bool mme_is_right(std::string_view prediction, std::string_view label) {
  const std::string lower = python_lower(label);
  std::string expected(python_strip(lower));
  std::erase(expected, '.');
  if (expected != "yes" && expected != "no")
    throw Error("mme: label '" + std::string(label) + "' is neither yes nor no");
  return parse_yes_no_mme(prediction) == expected;
}

MmeScores mme_scores(std::span<const MmeRow> rows) {
  std::map<std::string_view, Images> categories;
  for (const MmeRow& row : rows) {
    Pair& pair = categories[row.category][row.image];
    ++pair.seen;
    pair.right += mme_is_right(row.prediction, row.label) ? 1 : 0;
  }
  MmeScores scores;
  for (const auto& [category, images] : categories) {
    std::optional<double>& sum = is_perception(category) ? scores.perception : scores.cognition;
    sum = sum.value_or(0.0) + category_score(category, images);
  }
  return scores;
}

}  // namespace imp::eval
