// SPDX-License-Identifier: Apache-2.0
#include "results/trial_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "results/controls.h"
#include "results/read_or_tell.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;

/// The trial's prediction files, in name order.
std::vector<fs::path> prediction_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder / "predictions", absent)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Sizes and times of the files that a trial's rows come from, and the stages that they should be of.
std::string source_of(const fs::path& folder, const PlannedTrial& planned) {
  std::vector<fs::path> files{folder / "outcome.json", folder / "train.jsonl"};
  for (fs::path& file : prediction_files(folder)) files.push_back(std::move(file));
  std::string source;
  for (const fs::path& file : files) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) continue;
    source += fmt::format("{} {} {};", file.filename().string(), size,
                          fs::last_write_time(file, error).time_since_epoch().count());
  }
  for (const StageUse& stage : planned.stages) source += stage.key + ";";
  // Answers get their questions' text when it comes to be known.
  for (const fs::path& set : question_sets_of(folder.parent_path())) source += set.filename().string() + ";";
  return source;
}

void write_stages(Database& database, std::int64_t trial_id, const std::vector<StageUse>& stages) {
  Statement insert(database, "INSERT INTO trial_stage VALUES (?, ?, ?, ?, ?, ?)");
  int position = 0;
  for (const StageUse& stage : stages) {
    insert.run(trial_id, position++, stage.kind, stage.key, stage.reused, stage.seconds);
  }
}

void write_outcome(Database& database, std::int64_t trial_id, const OutcomeFile& outcome) {
  const Cost& cost = outcome.cost;
  Statement(
      database,
      "UPDATE trial SET status = ?, config_json = ?, wall_seconds = ?, train_seconds = ?, eval_seconds = ?, "
      "train_tokens = ?, tokens_per_second = ?, peak_memory_bytes = ?, trained_parameters = ?, flops = ? "
      "WHERE trial_id = ?")
      .run(outcome.status, outcome.config_json, cost.wall_seconds, cost.train_seconds, cost.eval_seconds,
           cost.train_tokens, cost.tokens_per_second, cost.peak_memory_bytes, cost.trained_parameters,
           cost.flops, trial_id);
  Statement attempt(database, "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const Attempt& row : outcome.attempts) {
    attempt.run(trial_id, row.attempt, row.started, row.ended, row.status, row.stage, row.error_type,
                row.error_message, row.micro_batch);
  }
  Statement score(database, "INSERT INTO score VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const Score& row : outcome.scores) {
    score.run(trial_id, row.benchmark, row.metric, row.value, row.standard_error, row.n, row.main);
  }
  Statement kind(database, "INSERT OR REPLACE INTO row_kind VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const RowKindCount& row : outcome.row_kinds) {
    kind.run(trial_id, row.stage, row.kind, row.file, row.rows, row.of_rows, row.teaches_nothing,
             row.first_row, row.first_line, row.text);
  }
  Statement leak(database, "INSERT OR REPLACE INTO leak VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const Leak& row : outcome.leaks) {
    leak.run(trial_id, row.benchmark, row.pictures, row.exact_pictures, row.shared_pictures, row.questions,
             row.shared_questions, row.answered_questions, row.text);
  }
  const Provenance& from = outcome.provenance;
  Statement(database, "INSERT INTO provenance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(trial_id, from.imp_version, from.git_commit, from.git_dirty, from.torch_version, from.compiler,
           from.host, from.os, from.cpu, from.gpu, from.threads, from.dtype, from.started, from.ended);
}

void write_train_steps(Database& database, std::int64_t trial_id, const std::vector<TrainStep>& steps) {
  // A step that was run again after a kill is logged twice; the later line is the one that counts.
  Statement insert(database, "INSERT OR REPLACE INTO train_step VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const TrainStep& step : steps) {
    insert.run(trial_id, step.step, step.loss, step.lr, step.grad_norm, step.tokens, step.seconds);
  }
}

/// A benchmark's answers, by control; those with the picture under "".
using BenchmarkAnswerFiles = std::map<std::string, std::vector<Answer>>;

void write_answers(Database& database, std::int64_t trial_id, const std::string& benchmark,
                   const std::string& question_set, const BenchmarkAnswerFiles& files,
                   SweepQuestions& questions) {
  struct Row {
    std::int64_t key;
    const std::string* control;
    const Answer* answer;
  };
  std::vector<Row> rows;
  for (const auto& [control, answers] : files) {
    if (answers.empty()) continue;
    const std::vector<std::int64_t> keys = questions.keys_of(trial_id, benchmark, question_set, answers);
    for (std::size_t i = 0; i < answers.size(); ++i) rows.push_back({keys[i], &control, &answers[i]});
  }
  // In the order of the table, so that its pages are filled one after another.
  std::sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) {
    return std::tie(left.key, *left.control) < std::tie(right.key, *right.control);
  });
  Statement insert(database, "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const auto& [key, control, answer] : rows) {
    insert.run(trial_id, key, *control, answer->prediction, answer->score, answer->question_tokens,
               answer->answer_tokens);
  }
}

void write_predictions(Database& database, std::int64_t trial_id, const fs::path& folder,
                       const OutcomeFile& outcome, SweepQuestions& questions,
                       std::vector<std::string>& problems) {
  std::map<std::string, BenchmarkAnswerFiles> benchmarks;
  for (const fs::path& file : prediction_files(folder)) {
    const auto [benchmark, control] = split_control(file.stem().string(), '.');
    auto answers = read_or_tell(read_answers, file, problems);
    if (answers) benchmarks[benchmark][control] = std::move(*answers);
  }
  for (const auto& [benchmark, files] : benchmarks) {
    const auto set = outcome.question_sets.find(benchmark);
    write_answers(database, trial_id, benchmark,
                  set == outcome.question_sets.end() ? std::string() : set->second, files, questions);
  }
}

std::vector<std::string> keys_of_results(const std::vector<StageUse>& stages) {
  std::vector<std::string> keys;
  for (const StageUse& stage : stages) {
    if (is_result(stage.kind)) keys.push_back(stage.key);
  }
  return keys;
}

/// Whether a finished trial went through other stages than the plan has for it: its configuration was another
/// one, or imp's code was. The next run of the sweep replaces it, and until then its scores belong to no
/// cell.
bool is_outdated(const OutcomeFile& outcome, const PlannedTrial& planned) {
  return outcome.status == "done" && keys_of_results(outcome.stages) != keys_of_results(planned.stages);
}

/// All rows that come from the folder's files. Returns whether every file could be used.
bool write_files(Database& database, std::int64_t trial_id, const fs::path& folder,
                 const PlannedTrial& planned, SweepQuestions& questions, std::vector<std::string>& problems) {
  const std::size_t problems_before = problems.size();
  const auto outcome = read_or_tell(read_outcome_file, folder / "outcome.json", problems);
  if (outcome && is_outdated(*outcome, planned)) {
    problems.push_back(
        folder.string() +
        ": was made with another configuration or version than the sweep has now; left out until "
        "imp-sweep runs it again");
    write_stages(database, trial_id, planned.stages);
    return false;
  }
  write_stages(database, trial_id, outcome && !outcome->stages.empty() ? outcome->stages : planned.stages);
  if (!outcome) {
    Statement(database, "UPDATE trial SET status = 'unreadable' WHERE trial_id = ?").run(trial_id);
    return false;
  }
  write_outcome(database, trial_id, *outcome);
  if (fs::exists(folder / "train.jsonl")) {
    const auto steps = read_or_tell(read_train_steps, folder / "train.jsonl", problems);
    if (steps) write_train_steps(database, trial_id, *steps);
  }
  write_predictions(database, trial_id, folder, *outcome, questions, problems);
  return problems.size() == problems_before;
}

}  // namespace

bool replace_trial(Database& database, std::int64_t sweep_id, const PlannedTrial& planned,
                   const fs::path& folder, bool skip_unchanged, SweepQuestions& questions,
                   std::vector<std::string>& problems) {
  const bool has_outcome = fs::exists(folder / "outcome.json");
  const std::string source = has_outcome ? source_of(folder, planned) : "";
  std::optional<std::int64_t> trial_id;
  std::string old_source;
  bool was_planned = true;
  Statement present(database, "SELECT trial_id, source, status FROM trial WHERE sweep_id = ? AND name = ?");
  if (present.bind_all(sweep_id, planned.name).step()) {
    trial_id = present.integer(0);
    old_source = present.text(1);
    was_planned = present.text(2) == "planned";
  }
  present.reset();
  if (trial_id && skip_unchanged && has_outcome && old_source == source) {
    Statement(database,
              "UPDATE trial SET cell_number = ?1, cell = ?2, seed = ?3, levels_json = ?4 WHERE trial_id = ?5 "
              "AND (cell_number <> ?1 OR cell <> ?2 OR seed <> ?3 OR levels_json <> ?4)")
        .run(planned.cell_number, planned.cell, planned.seed, planned.levels_json, *trial_id);
    return database.integer("SELECT changes()") > 0;
  }
  Statement(database, "DELETE FROM trial WHERE trial_id = ?").run(trial_id);
  Statement insert(
      database,
      "INSERT INTO trial (trial_id, sweep_id, name, cell_number, cell, seed, status, levels_json, "
      "config_json, source) VALUES (?, ?, ?, ?, ?, ?, 'planned', ?, ?, '') RETURNING trial_id");
  insert.bind_all(trial_id, sweep_id, planned.name, planned.cell_number, planned.cell, planned.seed,
                  planned.levels_json, planned.config_json);
  insert.step();
  const std::int64_t id = insert.integer(0);
  insert.reset();
  if (!has_outcome) {
    write_stages(database, id, planned.stages);
  } else if (write_files(database, id, folder, planned, questions, problems)) {
    Statement(database, "UPDATE trial SET source = ? WHERE trial_id = ?").run(source, id);
  }
  return has_outcome || !was_planned;
}

void replace_stage(Database& database, const StageFile& stage) {
  Statement(database, "INSERT OR REPLACE INTO stage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(stage.kind, stage.key, stage.version, stage.parameters_json, stage.inputs_json, stage.made,
           stage.seconds, stage.host, stage.flops, stage.energy_joules, stage.peak_memory_bytes);
}

void replace_stage_steps(Database& database, const StageFile& stage, const std::vector<TrainStep>& steps) {
  Statement(database, "DELETE FROM stage_step WHERE kind = ? AND key = ?").run(stage.kind, stage.key);
  Statement insert(database, "INSERT OR REPLACE INTO stage_step VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const TrainStep& step : steps) {
    insert.run(stage.kind, stage.key, step.step, step.loss, step.lr, step.grad_norm, step.tokens,
               step.seconds);
  }
}

}  // namespace imp::results
