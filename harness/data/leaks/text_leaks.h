// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "harness/data/llava_rows.h"

namespace imp::harness {

/// What the training data say of one question of a benchmark.
struct QuestionOverlap {
  std::size_t turns = 0;             ///< turns with its question and one of its answers, whatever the picture
  std::size_t turns_of_picture = 0;  ///< of them, turns about its own picture
  std::size_t captions = 0;  ///< answers of at least kCaptionWords words that are its answer or its question
  std::string first_row;     ///< id of the first such row, turns about its picture first
};

/// A training answer of fewer words is no caption: "red" is the answer to many questions.
inline constexpr std::size_t kCaptionWords = 4;

/// Finds a benchmark's texts in training rows. Texts are compared as answers are scored: after
/// normalize_vqa_answer, a question without `<image>` and without the line that tells how to answer. Memory:
/// some 100 bytes for each different answer of a question.
class TextOverlap {
 public:
  /// `benchmark` must outlive it.
  explicit TextOverlap(const eval::Benchmark& benchmark);

  /// Takes a row's turns. `own`: numbers of the benchmark's questions that are about the row's picture,
  /// rising.
  void add(const LlavaRow& row, const std::vector<std::uint32_t>& own);

  /// By question of the benchmark.
  [[nodiscard]] std::vector<QuestionOverlap> overlaps() const;

 private:
  /// A text of the benchmark, or a question with an answer.
  struct Text {
    std::uint64_t hash = 0;
    std::uint32_t question = 0;
    friend auto operator<=>(const Text&, const Text&) = default;
  };
  /// What was seen of a question.
  struct Seen {
    std::size_t turns = 0;
    std::string first_row;
  };
  /// Different texts, each with what was seen of it, and the questions that have it.
  struct Texts {
    std::vector<Text> all;  ///< sorted
    std::vector<std::uint64_t> hashes;
    std::vector<std::size_t> begins;  ///< in `all`, of each hash, and the end
    std::vector<Seen> seen;

    void sort();
    [[nodiscard]] std::size_t find(std::uint64_t hash) const;  ///< hashes.size() if it is none
  };

  const eval::Benchmark& benchmark_;
  std::vector<std::uint64_t> questions_;  ///< hashes of the different questions, sorted
  Texts answered_, captions_;
  std::vector<Seen> own_;
  std::size_t longest_ = 0;  ///< bytes of the benchmark's longest text
};

/// A question as the benchmark words it, out of a training row's or a prompt's wording.
[[nodiscard]] std::string bare_question(std::string_view text);

}  // namespace imp::harness
