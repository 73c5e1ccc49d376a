// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "eval/benchmarks/identifier.h"

namespace imp::eval {

/// One question of a benchmark, in the form that all data sets share.
struct Question {
  Identifier question_id;            ///< unique within the benchmark
  Identifier image_id;               ///< questions with the same id share a picture: they are one cluster
  std::filesystem::path image_path;  ///< empty when loaded without an images folder
  std::string question;              ///< as the data set words it, without a prompt suffix
  std::vector<std::string> answers = {};  ///< as the data set gives them; empty where its server keeps them
  std::string family = {};                ///< question family or category; empty if the data set has none
  std::vector<std::string> choices = {};  ///< options of a multiple-choice question, answered by a letter
  std::string dataset = {};               ///< the collection it was taken from, where the metric needs it
  /// What other programs' answer files call it where that is not question_id: `<part>/<id>`, or LLaVA's
  /// number.
  std::string other_id = {};
  std::vector<std::string> ocr_tokens = {};  ///< what the picture says, where the annotations have it
  bool image_in_annotations = false;         ///< unpack_images writes the picture out of the annotations
};

/// A data set ready to be asked and scored.
struct Benchmark {
  std::string name;
  std::vector<Question> questions;
  std::filesystem::path annotations = {};
};

/// Loads the annotations of benchmark `name` (see benchmark_names) and names each question's image below
/// `images` by the data set's rule; an empty `images` leaves image paths empty. Throws imp::Error: unknown
/// name (with the known ones), a file that cannot be read, is of another version, or repeats a question id.
[[nodiscard]] Benchmark load_benchmark(std::string_view name, const std::filesystem::path& annotations,
                                       const std::filesystem::path& images);

/// Names that load_benchmark knows.
[[nodiscard]] std::vector<std::string> benchmark_names();

/// Writes the pictures that the annotations themselves hold (MMBench's) of the benchmark's questions, those
/// that are not there yet; a benchmark cut to some of its questions first unpacks no others. Throws
/// imp::Error.
void unpack_images(const Benchmark& benchmark);

/// Throws imp::Error naming the first absent pictures and their number, less those that unpack_images will
/// write; called before any accelerator time is spent.
void require_images(const Benchmark& benchmark);

/// The first answer. Throws imp::Error if the annotations carry none, as those of test splits do.
[[nodiscard]] const std::string& the_answer(const Question& question);

/// What stands before a picture's text in a prompt, as in LLaVA-1.5's for TextVQA.
inline constexpr const char* kOcrTokensLine = "Reference OCR token: ";

/// What is asked about a picture: the question and the suffix with which LLaVA-1.5 evaluates this data set.
[[nodiscard]] std::string prompt(const Benchmark& benchmark, const Question& question);

/// The same with the picture's text after the question, as LLaVA-1.5's prompt for TextVQA has it:
/// "Reference OCR token: STOP, ALL" on a line of its own.
[[nodiscard]] std::string prompt_with_ocr_tokens(const Benchmark& benchmark, const Question& question);

}  // namespace imp::eval
