// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/data/assets.h"
#include "harness/data/scene.h"
#include "harness/data/vocabulary.h"

namespace imp::harness {

/// How often a picture shows which signs; weights need not add up to 1. A figure is a number or a price.
struct LayoutWeights {
  double no_sign = 0.15;
  double one_word = 0.22;
  double one_figure = 0.13;
  double word_and_figure = 0.25;
  double two_words = 0.15;
  double three_signs = 0.10;  ///< each a word with probability 0.6, else a figure
};

struct SceneParameters {
  std::uint64_t seed = 1;
  Split split = Split::train;  ///< of backgrounds and faces
  int size = 96;               ///< nominal pixels
  LayoutWeights layouts;
  double open_share = 0;               ///< share of words that are open words instead of sign words
  Split open_split = Split::train;     ///< where open words come from; test: the held-out ones
  int min_digits = 2, max_digits = 2;  ///< of numbers
  double font_size_min = 16, font_size_max = 20;  ///< em, in pixels of a 96-pixel picture
  double glyph_height_min = 10;                   ///< of the lowest glyph, in pixels of a 96-pixel picture
  double contrast_min = 3;
  double max_rotation = 5;        ///< degrees
  double max_perspective = 0.04;  ///< shift of a corner as a share of the plate's height
  double price_share = 0.4;       ///< of the figures
  double object_share = 0.75;     ///< of the slots without a sign that hold an object
  double pair_share = 0.4;        ///< of those slots that hold two
  double blur_share = 0.4;        ///< of the pictures; standard deviation up to 0.7
  double max_noise = 6;           ///< grey levels

  /// Pictures for the pretraining of encoders: one to three signs, a quarter of the texts open words.
  static SceneParameters pretraining(std::uint64_t seed);
  /// Pictures of one held-out open word each: the family open_word.
  static SceneParameters held_out_words(std::uint64_t seed);
};

/// Draws scenes. Scene `index` is a pure function of the parameters, the index and the difficulty (and of the
/// installed packages); safe to call from several threads. Holds references: assets and vocabulary must
/// outlive it.
class SceneSampler {
 public:
  /// Throws imp::Error (usage) if the parameters cannot be met, e.g. no layout has a weight.
  SceneSampler(const Assets& assets, const Vocabulary& vocabulary, SceneParameters parameters);

  /// `difficulty` in [0, 1] is the curriculum: at 0 one straight sign and objects on one colour without
  /// noise, at 1 all that the parameters allow. All signs are legible: contrast, glyph height, inside the
  /// picture, nothing overlapping. A scene shows something: where no sign was drawn, there is an object.
  /// Throws imp::Error (usage) if the parameters leave no room for a text.
  [[nodiscard]] Scene sample(std::uint64_t index, double difficulty = 1) const;

  [[nodiscard]] const SceneParameters& parameters() const { return parameters_; }

 private:
  const Assets& assets_;
  const Vocabulary& vocabulary_;
  SceneParameters parameters_;
};

}  // namespace imp::harness
