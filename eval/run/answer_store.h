// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/prediction.h"
#include "models/io/file.h"

namespace imp::eval {

/// Files of one set of answers.
struct AnswerFiles {
  std::filesystem::path settings;  ///< <name>.settings.json: what the answers depend on
  std::filesystem::path
      unfinished;  ///< <name>.unfinished.jsonl: in the order in which they came, gone when all are there
  std::filesystem::path finished;  ///< <name>.jsonl: all answers, scored, in the order of the questions

  AnswerFiles(const std::filesystem::path& folder, const std::string& name);
  void remove() const;
};

/// The answers of one benchmark, kept as they come, so that a run that ends at any moment goes on where it
/// stopped.
class AnswerStore {
 public:
  /// Reads what is there. Throws imp::Error (usage) if it was made with other settings, naming the first that
  /// differs.
  AnswerStore(AnswerFiles files, const Benchmark& benchmark, const nlohmann::json& settings);

  /// Number of the benchmark's questions that have an answer.
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] bool has(std::size_t question) const { return answers_[question].has_value(); }

  /// Keeps an answer; it is in the kernel's hands when this returns.
  void add(std::size_t question, const Prediction& prediction);
  /// The answers in the order of the questions; all must be there.
  [[nodiscard]] std::vector<Prediction> predictions() const;
  /// Writes the scored answers and removes the unfinished file.
  void finish(const std::vector<Prediction>& scored);

 private:
  void read(const std::filesystem::path& path, const Benchmark& benchmark);
  void check_settings(const nlohmann::json& settings) const;

  AnswerFiles files_;
  std::vector<std::optional<Prediction>> answers_;
  std::size_t count_ = 0;
  std::optional<LineWriter> writer_;
};

}  // namespace imp::eval
