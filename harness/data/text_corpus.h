// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/data/questions.h"
#include "harness/data/scene_sampler.h"

namespace imp::harness {

/// A picture told in words for language models: what stands before the questions, then questions and answers.
struct TextSample {
  std::string prefix;
  std::vector<std::pair<std::string, std::string>> turns;  ///< question, answer
  std::vector<Family> families;                            ///< of the turns
};

/// A picture as its encoder would lay it out: a word a cell, row by row, then the words and turns.
struct LayoutSample {
  std::vector<std::string> cells;  ///< grid x grid
  TextSample text;                 ///< its prefix is the caption
};

/// The cells of a grid over the scene: colour and text of the sign that covers a cell's centre ("red stop"),
/// colour and name of the object that does ("blue star"), or "." for none.
[[nodiscard]] std::vector<std::string> layout_cells(const Scene& scene, int grid);

/// The scene told in one of three ways: 0 is caption_of; 1 and 2 say the same in other words, which is what
/// teaches a small model that the facts are one.
[[nodiscard]] std::string describe(const Scene& scene, int wording);
inline constexpr int kDescriptions = 3;

/// Text about random scenes without their pictures, by number: sample i is a pure function of the parameters
/// and i, so that a training step needs no state. Scenes are drawn as training pictures are.
class TextCorpus {
 public:
  /// References are kept: both must outlive the corpus.
  TextCorpus(const Assets& assets, const Vocabulary& vocabulary, SceneParameters scene,
             const FamilyWeights& families = {}, int turns = 3)
      : sampler_(assets, vocabulary, scene), families_(families), turns_(turns) {}

  /// Description (any wording; every other sample has a second one in other words after it) and turns.
  [[nodiscard]] TextSample caption_sample(std::uint64_t index) const;
  /// Layout, caption and turns.
  [[nodiscard]] LayoutSample layout_sample(std::uint64_t index, int grid = 8) const;
  [[nodiscard]] Scene scene(std::uint64_t index) const { return sampler_.sample(index); }

 private:
  void add_turns(const Scene& scene, Random& random, TextSample& sample) const;

  SceneSampler sampler_;
  FamilyWeights families_;
  int turns_;
};

}  // namespace imp::harness
