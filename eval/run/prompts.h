// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

/// The words of prompts: for each benchmark a text with `{question}` and, where the OCR tokens of the picture
/// go,
/// `{ocr_tokens}`.
class Prompts {
 public:
  /// Overrides from a YAML map of benchmark names to texts. Throws imp::Error (usage) with file:line:column
  /// for what is not such a map, an unknown benchmark, or a text without {question}.
  void read_overrides(const std::filesystem::path& path);
  /// TextVQA's OCR tokens: `{"data": [{"image_id", "ocr_tokens": [...]}]}`. TextVQA's own prompt then has
  /// LLaVA-1.5's line "Reference OCR token: ..." after the question. Throws imp::Error with file:line:column.
  void read_ocr_tokens(const std::filesystem::path& path);

  /// The text for a benchmark. Without an override: the question, then LLaVA-1.5's suffix on a line of its
  /// own.
  [[nodiscard]] std::string text(const std::string& benchmark) const;
  /// The words for a question. Throws imp::Error (usage) if OCR tokens are asked for and none were read.
  [[nodiscard]] std::string words(const std::string& benchmark, const Question& question) const;

 private:
  std::map<std::string, std::string> overrides_;
  std::unordered_map<std::string, std::string> ocr_tokens_;  ///< by image id, joined by ", "
};

}  // namespace imp::eval
