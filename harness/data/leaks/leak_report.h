// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "harness/data/leaks/picture_leaks.h"
#include "harness/data/leaks/text_leaks.h"

namespace imp::harness {

/// Training rows whose pictures lie in `images`: the first of these folders that holds a picture counts.
struct TrainingFile {
  std::filesystem::path json;
  std::vector<std::filesystem::path> images;
};

/// The files of rows that TRAIN names: the file itself, or `train.json` and `captions.json` of a folder that
/// imp-data wrote. Without `images`, pictures lie beside the file, or in the folder's `images`. Throws
/// imp::Error (usage) for neither.
[[nodiscard]] std::vector<TrainingFile> training_files(const std::filesystem::path& train,
                                                       const std::vector<std::filesystem::path>& images);

/// Of how many pictures and questions something holds.
struct LeakCount {
  std::size_t pairs = 0, training = 0, pictures = 0, questions = 0;
};

/// What a benchmark and training data have in common.
struct LeakReport {
  std::string benchmark;
  std::size_t rows = 0, training_pictures = 0, pictures = 0, questions = 0;
  LeakCount exact, near, either;  ///< pictures that both hold
  LeakCount answered_of_picture;  ///< turns with question, answer and picture of a question
  LeakCount answered, captions;   ///< turns with question and answer, or a text, of a question of any picture
  PictureLeaks found;
  std::vector<QuestionOverlap> texts;
  std::vector<std::string> training_names, picture_names, question_ids;

  /// Whether pictures are shared; like texts about other pictures are what questions of one kind have.
  [[nodiscard]] bool has_leak() const { return either.pictures > 0; }
  /// Shared pictures among the benchmark's that could be read, 0 to 1.
  [[nodiscard]] double share() const;
};

/// Compares. Throws imp::Error (usage) as LlavaFile, (environment) as find_picture_leaks.
[[nodiscard]] LeakReport find_leaks(const std::vector<TrainingFile>& training,
                                    const eval::Benchmark& benchmark, int threads,
                                    const LeakProgress& progress);

/// For people: counts, the first `named` pairs, what could not be read, and one sentence that says what it
/// means.
[[nodiscard]] std::string to_text(const LeakReport& report, std::size_t named);
/// For programs: the same, with the first `named` pairs.
[[nodiscard]] nlohmann::ordered_json to_json(const LeakReport& report, std::size_t named);
/// Every pair and every question with a text in common, a JSON object a line.
[[nodiscard]] std::string all_lines(const LeakReport& report);

/// "not zero-shot: 22 % of the benchmark's pictures are in the training data", or nothing without a leak.
[[nodiscard]] std::string leak_sentence(const LeakReport& report);

}  // namespace imp::harness
