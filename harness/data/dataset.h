// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "harness/data/questions.h"
#include "harness/data/scene_sampler.h"

namespace imp::harness {

/// One rendered data set. Equal parameters give equal files on machines with equal packages.
struct SceneTextParameters {
  int train_pictures = 16000;
  int test_pictures = 750;
  int questions_per_picture = 4;       ///< turns of a training row
  int test_questions_per_picture = 2;  ///< at most, of each benchmark and of different families
  std::uint64_t seed = 1;              ///< of training and validation pictures
  std::uint64_t test_seed = 1;         ///< of the benchmarks' pictures
  Split test_split = Split::test;      ///< whose faces and backgrounds the benchmarks' pictures show
  int image_size = 96;
  SceneParameters
      scene;  ///< layouts, sizes and strains; its seed, split, size and open words are set per split
  FamilyWeights families;
  int jpeg_quality = 92;
  int threads = 2;                                                      ///< does not change the result
  std::filesystem::path cache_folder = Assets::default_cache_folder();  ///< of decoded backgrounds
};

/// Number of questions by part ("train", or the benchmark) and family: counts["train"]["word"].
using QuestionCounts = std::map<std::string, std::map<std::string, int>>;

/// Writes the data set into `folder`, which is made if missing:
///   images/{train,test}/000000.jpg   JPEG, 4:4:4
///   train.json          LLaVA rows {id, image: "train/000000.jpg", conversations};
///                       `<image>\n` opens the first turn
///   captions.json       the same pictures, one turn whose answer is the caption
///   train_families.json {"000000": ["word", ...]}: the family of each turn
///   test.json           the benchmark scenetext: TextVQA 0.5.1 annotations with ten answers,
///                       and the keys `family`, `ocr_tokens`
///   test_objects.json   the benchmark sceneobjects: GQA's questions by id
///   test_presence.json  the benchmark scenepresence: POPE's lines
/// The folder is meant to be published by a rename when this returns; files are not synced one by one.
/// Throws imp::Error (usage) for parameters out of range, (environment) for missing packages or a full disk.
QuestionCounts write_scenetext(const std::filesystem::path& folder, const SceneTextParameters& parameters);

}  // namespace imp::harness
