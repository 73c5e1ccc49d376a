// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "harness/data/questions.h"
#include "harness/data/scene_sampler.h"

namespace imp::harness {

/// One `scenetext` data set. Equal parameters give equal files on machines with equal packages.
struct SceneTextParameters {
  int train_pictures = 16000;
  int validation_pictures = 200;
  int test_pictures = 750;
  int questions_per_picture = 4;       ///< turns of a training row
  int test_questions_per_picture = 2;  ///< of different families
  double open_word_share = 0.1;        ///< of the test pictures: one held-out open word, one question
  std::uint64_t seed = 1;
  int image_size = 96;
  SceneParameters
      scene;  ///< layouts, sizes and strains; its seed, split, size and open words are set per split
  FamilyWeights families;
  int jpeg_quality = 92;
  int threads = 2;                                                      ///< does not change the result
  std::filesystem::path cache_folder = Assets::default_cache_folder();  ///< of decoded backgrounds
};

/// Number of questions by split and family: counts["train"]["word"].
using QuestionCounts = std::map<std::string, std::map<std::string, int>>;

/// Writes the data set into `folder`, which is made if missing:
///   images/{train,validation,test}/000000.jpg   JPEG, 4:4:4
///   train.json          LLaVA rows {id, image: "train/000000.jpg", conversations}; `<image>\n` opens the
///   first turn captions.json       the same pictures, one turn whose answer is the caption
///   train_families.json {"000000": ["word", ...]}: the family of each turn
///   validation.json, test.json   TextVQA 0.5.1 annotations with ten answers, and the keys `family`,
///   `ocr_tokens`
/// The folder is meant to be published by a rename when this returns; files are not synced one by one.
/// Throws imp::Error (usage) for parameters out of range, (environment) for missing packages or a full disk.
QuestionCounts write_scenetext(const std::filesystem::path& folder, const SceneTextParameters& parameters);

}  // namespace imp::harness
