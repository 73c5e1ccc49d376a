// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imp::results {

// The files of a run folder as plain values. Each reader throws StoreError (usage) that names file, line and
// key.

struct StageUse {
  std::string kind;
  std::string key;
  std::optional<bool> reused;  ///< absent while planned
  std::optional<double> seconds;
};

/// Whether stages of the kind are results of a trial. A trunk is a way to train a stage, not a part of what
/// was trained: through one or in one piece, it is the same. So are features on disk, which stand in the keys
/// of what is made from them, kept or not.
[[nodiscard]] bool is_result(std::string_view kind);

struct PlannedTrial {
  std::string name;
  std::int64_t seed = 0;
  std::int64_t cell_number = 0;  ///< trials that differ in nothing but the seed have the same
  std::string cell;              ///< the levels for people: "lora_rank=128", "baseline" if nothing varies
  std::string levels_json;
  std::string config_json;
  std::vector<StageUse> stages;
};

struct Factor {
  std::string name;
  std::vector<std::string> levels;
};

/// runs/<sweep>/sweep.json
struct SweepFile {
  std::string name, about, created, spec_file, spec_text;
  std::string seeds_json, benchmarks_json;
  std::vector<Factor> factors;
  std::vector<PlannedTrial> trials;
};
[[nodiscard]] SweepFile read_sweep_file(const std::filesystem::path& path);

struct Attempt {
  std::int64_t attempt = 0;
  std::string started, ended, status, stage, error_type, error_message;
  std::optional<std::int64_t> micro_batch;
};

struct Score {
  std::string benchmark, metric;
  double value = 0.0;
  std::optional<double> standard_error;
  std::optional<std::int64_t> n;
  bool main = false;  ///< the benchmark's first metric that is of no control
};

/// Rows of one kind that a training stage looked at (harness/data/row_kind.h).
struct RowKindCount {
  std::string stage, kind, file, text;
  std::int64_t rows = 0, of_rows = 0, first_row = 0, first_line = 0;
  bool teaches_nothing = false;
};

/// What a benchmark and the data that a trial learned from have in common (harness/stages/leaks_stage.cpp).
struct Leak {
  std::string benchmark, text;  ///< "not zero-shot: ..."; empty where no picture is shared
  std::int64_t pictures = 0, exact_pictures = 0, shared_pictures = 0;
  std::int64_t questions = 0, shared_questions = 0, answered_questions = 0;
};

struct Cost {
  std::optional<double> wall_seconds, train_seconds, eval_seconds, tokens_per_second, flops;
  std::optional<std::int64_t> train_tokens, peak_memory_bytes, trained_parameters;
};

struct Provenance {
  std::optional<std::string> imp_version, git_commit, torch_version, compiler, host, os, cpu, gpu, dtype,
      started, ended;
  std::optional<bool> git_dirty;
  std::optional<std::int64_t> threads;
};

/// runs/<sweep>/<trial>/outcome.json
struct OutcomeFile {
  std::string status;  ///< done, failed or interrupted
  std::string config_json;
  std::vector<StageUse> stages;
  std::vector<Attempt> attempts;
  std::vector<Score> scores;
  std::vector<RowKindCount> row_kinds;
  std::vector<Leak> leaks;
  std::map<std::string, std::string>
      question_sets;  ///< by benchmark: what it was asked (AskedQuestion); may be empty
  Cost cost;
  Provenance provenance;
};
[[nodiscard]] OutcomeFile read_outcome_file(const std::filesystem::path& path);

struct TrainStep {
  std::int64_t step = 0;
  std::optional<double> loss, lr, grad_norm, seconds;
  std::optional<std::int64_t> tokens;
};
/// train.jsonl. A last line that was cut short (no newline) is left out: the writer was killed in it.
[[nodiscard]] std::vector<TrainStep> read_train_steps(const std::filesystem::path& path);

struct Answer {
  std::string question_id, image_id, prediction, family;
  double score = 0.0;
  std::optional<std::int64_t> question_tokens, answer_tokens;
};
/// predictions/<benchmark>.jsonl. A question that comes twice is an error.
[[nodiscard]] std::vector<Answer> read_answers(const std::filesystem::path& path);

/// A line of runs/<sweep>/questions/<benchmark>/<name>/questions.jsonl
struct AskedQuestion {
  std::string question_id, image_id, family;
  std::optional<std::string> question, references_json;
  std::string thumbnail;  ///< name of a JPEG file in thumbnails/ beside it; empty for most
};
/// A question that comes twice is an error.
[[nodiscard]] std::vector<AskedQuestion> read_asked_questions(const std::filesystem::path& path);

/// runs/stages/<kind>-<key>/stage.json
struct StageFile {
  std::string kind, key, version, parameters_json, inputs_json, made, host;
  std::optional<double> seconds, flops, energy_joules;
  std::optional<std::int64_t> peak_memory_bytes;
};
[[nodiscard]] StageFile read_stage_file(const std::filesystem::path& path);

}  // namespace imp::results
