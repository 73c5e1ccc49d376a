// SPDX-License-Identifier: Apache-2.0
#include "results/run_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "results/controls.h"
#include "results/files.h"
#include "results/json_fields.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

using nlohmann::json;

constexpr std::int64_t kFileSchema = 1;

std::string as_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Opens one of our JSON files and checks its own schema number.
json read_json_file(const std::filesystem::path& path) {
  json root = parse_json(read_text(path), path.string());
  const std::int64_t schema = JsonFields(root, path.string()).integer("schema");
  if (schema != kFileSchema) {
    throw StoreError(fmt::format("{}: schema {} is not known; this imp reads schema {}", path.string(),
                                 schema, kFileSchema));
  }
  return root;
}

std::vector<StageUse> stage_uses(const json& list, const std::string& where) {
  std::vector<StageUse> stages;
  for (const json& item : list) {
    const JsonFields fields(item, where + ": stages");
    stages.push_back(
        {fields.text("kind"), fields.text("key"), fields.maybe_bool("reused"), fields.maybe_real("seconds")});
  }
  return stages;
}

/// "lora_rank=128, llm=phi", in the order of the sweep's factors.
std::string cell_label(const std::vector<Factor>& factors, const json& levels) {
  std::string label;
  for (const Factor& factor : factors) {
    const auto level = levels.find(factor.name);
    if (level == levels.end()) continue;
    label += fmt::format("{}{}={}", label.empty() ? "" : ", ", factor.name, as_text(*level));
  }
  return label.empty() ? "baseline" : label;
}

std::vector<Factor> read_factors(const json& list, const std::string& where) {
  std::vector<Factor> factors;
  for (const json& item : list) {
    const JsonFields fields(item, where + ": factors");
    Factor factor{fields.text("name"), {}};
    for (const json& level : fields.list("levels")) factor.levels.push_back(as_text(level));
    factors.push_back(std::move(factor));
  }
  return factors;
}

std::vector<PlannedTrial> read_planned_trials(const json& list, const std::vector<Factor>& factors,
                                              const std::string& where) {
  std::vector<PlannedTrial> trials;
  std::set<std::string> names;
  std::map<std::string, std::int64_t> cell_numbers;
  for (const json& item : list) {
    const JsonFields fields(item, fmt::format("{}: trials[{}]", where, trials.size()));
    PlannedTrial trial;
    trial.name = fields.text("trial");
    if (!names.insert(trial.name).second) {
      throw StoreError(fmt::format("{}: trial '{}' stands twice in the plan", where, trial.name));
    }
    trial.seed = fields.integer("seed");
    json config = fields.object("config");
    trial.config_json = config.dump();
    config.erase("seed");
    const auto next = static_cast<std::int64_t>(cell_numbers.size());
    trial.cell_number = cell_numbers.emplace(config.dump(), next).first->second;
    const json levels = item.contains("levels") ? fields.object("levels") : json::object();
    trial.cell = cell_label(factors, levels);
    trial.levels_json = levels.dump();
    trial.stages = stage_uses(fields.list("stages"), where);
    trials.push_back(std::move(trial));
  }
  return trials;
}

std::string benchmark_names(const json& list, const std::string& where) {
  json names = json::array();
  for (const json& item : list) {
    names.push_back(item.is_string() ? item.get<std::string>()
                                     : JsonFields(item, where + ": benchmarks").text("name"));
  }
  return names.dump();
}

std::string known_status(const JsonFields& fields, const std::string& where) {
  std::string status = fields.text("status");
  constexpr std::array<std::string_view, 3> kKnown{"done", "failed", "interrupted"};
  if (std::find(kKnown.begin(), kKnown.end(), status) == kKnown.end()) {
    throw StoreError(
        fmt::format("{}: status '{}' is not known; it should be done, failed or interrupted", where, status));
  }
  return status;
}

std::vector<Attempt> read_attempts(const json& list, const std::string& where) {
  std::vector<Attempt> attempts;
  std::set<std::int64_t> numbers;
  for (const json& item : list) {
    const JsonFields fields(item, where + ": attempts");
    attempts.push_back({.attempt = fields.integer("attempt"),
                        .started = fields.text_or("started", ""),
                        .ended = fields.text_or("ended", ""),
                        .status = known_status(fields, where + ": attempts"),
                        .stage = fields.text_or("stage", ""),
                        .error_type = fields.text_or("error_type", ""),
                        .error_message = fields.text_or("error_message", ""),
                        .micro_batch = fields.maybe_integer("micro_batch")});
    if (!numbers.insert(attempts.back().attempt).second) {
      throw StoreError(fmt::format("{}: attempt {} comes twice", where, attempts.back().attempt));
    }
  }
  return attempts;
}

std::vector<Score> read_scores(const json& list, const std::string& where) {
  std::vector<Score> scores;
  std::set<std::string> with_main;
  std::set<std::pair<std::string, std::string>> seen;
  for (const json& item : list) {
    const JsonFields fields(item, where + ": scores");
    Score score{fields.text("benchmark"), fields.text("metric"), fields.real("value"),
                fields.maybe_real("standard_error"), fields.maybe_integer("n")};
    score.main = split_control(score.metric, '_').second.empty() && with_main.insert(score.benchmark).second;
    if (!seen.emplace(score.benchmark, score.metric).second) {
      throw StoreError(fmt::format("{}: score {} of {} comes twice", where, score.metric, score.benchmark));
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

/// rows: [{stage, file, rows, kinds: [{kind, rows, teaches_nothing, row, line, text}]}]
std::vector<RowKindCount> read_row_kinds(const json& list, const std::string& where) {
  std::vector<RowKindCount> kinds;
  for (const json& item : list) {
    const JsonFields stage(item, where + ": rows");
    for (const json& kind : stage.list("kinds")) {
      const JsonFields fields(kind, where + ": rows: kinds");
      kinds.push_back({.stage = stage.text("stage"),
                       .kind = fields.text("kind"),
                       .file = stage.text("file"),
                       .text = fields.text("text"),
                       .rows = fields.integer("rows"),
                       .of_rows = stage.integer("rows"),
                       .first_row = fields.integer("row"),
                       .first_line = fields.integer("line"),
                       .teaches_nothing = fields.maybe_bool("teaches_nothing").value_or(false)});
    }
  }
  return kinds;
}

/// leaks: [{benchmark, pictures, questions, exact: {pictures}, exact_or_near: {pictures, questions},
/// answered_about_the_picture: {questions}, note}]
std::vector<Leak> read_leaks(const json& list, const std::string& where) {
  std::vector<Leak> leaks;
  for (const json& item : list) {
    const JsonFields fields(item, where + ": leaks");
    const auto count = [&](const char* part, const char* of) {
      return JsonFields(fields.object(part), where + ": leaks: " + part).integer(of);
    };
    leaks.push_back({.benchmark = fields.text("benchmark"),
                     .text = fields.text("note"),
                     .pictures = fields.integer("pictures"),
                     .exact_pictures = count("exact", "pictures"),
                     .shared_pictures = count("exact_or_near", "pictures"),
                     .questions = fields.integer("questions"),
                     .shared_questions = count("exact_or_near", "questions"),
                     .answered_questions = count("answered_about_the_picture", "questions")});
  }
  return leaks;
}

std::map<std::string, std::string> read_question_sets(const json& value, const std::string& where) {
  std::map<std::string, std::string> sets;
  const JsonFields fields(value, where + ": questions");
  for (const auto& [benchmark, name] : value.items()) sets[benchmark] = fields.text(benchmark.c_str());
  return sets;
}

Cost read_cost(const json& value, const std::string& where) {
  const JsonFields fields(value, where + ": cost");
  return {.wall_seconds = fields.maybe_real("wall_seconds"),
          .train_seconds = fields.maybe_real("train_seconds"),
          .eval_seconds = fields.maybe_real("eval_seconds"),
          .tokens_per_second = fields.maybe_real("tokens_per_second"),
          .flops = fields.maybe_real("flops"),
          .train_tokens = fields.maybe_integer("train_tokens"),
          .peak_memory_bytes = fields.maybe_integer("peak_memory_bytes"),
          .trained_parameters = fields.maybe_integer("trained_parameters")};
}

Provenance read_provenance(const json& value, const std::string& where) {
  const JsonFields fields(value, where + ": provenance");
  return {.imp_version = fields.maybe_text("imp_version"),
          .git_commit = fields.maybe_text("git_commit"),
          .torch_version = fields.maybe_text("torch_version"),
          .compiler = fields.maybe_text("compiler"),
          .host = fields.maybe_text("host"),
          .os = fields.maybe_text("os"),
          .cpu = fields.maybe_text("cpu"),
          .gpu = fields.maybe_text("gpu"),
          .dtype = fields.maybe_text("dtype"),
          .started = fields.maybe_text("started"),
          .ended = fields.maybe_text("ended"),
          .git_dirty = fields.maybe_bool("git_dirty"),
          .threads = fields.maybe_integer("threads")};
}

}  // namespace

bool is_result(std::string_view kind) {
  return kind != "trunk" && kind != "features";
}

SweepFile read_sweep_file(const std::filesystem::path& path) {
  const json root = read_json_file(path);
  const std::string where = path.string();
  const JsonFields fields(root, where);
  SweepFile sweep{.name = fields.text("sweep"),
                  .about = fields.text_or("about", ""),
                  .created = fields.text("created"),
                  .spec_file = fields.text_or("spec_file", ""),
                  .spec_text = fields.text_or("spec_text", ""),
                  .seeds_json = fields.list("seeds").dump(),
                  .benchmarks_json = benchmark_names(fields.list("benchmarks"), where),
                  .factors = read_factors(fields.list("factors"), where),
                  .trials = {}};
  sweep.trials = read_planned_trials(fields.list("trials"), sweep.factors, where);
  return sweep;
}

OutcomeFile read_outcome_file(const std::filesystem::path& path) {
  const json root = read_json_file(path);
  const std::string where = path.string();
  const JsonFields fields(root, where);
  const auto part = [&](const char* key) { return root.contains(key) ? fields.object(key) : json::object(); };
  return {.status = known_status(fields, where),
          .config_json = fields.object("config").dump(),
          .stages = stage_uses(fields.list("stages"), where),
          .attempts = read_attempts(fields.list("attempts"), where),
          .scores = read_scores(fields.list("scores"), where),
          .row_kinds = read_row_kinds(fields.list("rows"), where),
          .leaks = read_leaks(fields.list("leaks"), where),
          .question_sets = read_question_sets(part("questions"), where),
          .cost = read_cost(part("cost"), where),
          .provenance = read_provenance(part("provenance"), where)};
}

StageFile read_stage_file(const std::filesystem::path& path) {
  const json root = read_json_file(path);
  const JsonFields fields(root, path.string());
  return {.kind = fields.text("kind"),
          .key = fields.text("key"),
          .version = root.contains("version") ? as_text(root.at("version")) : "",
          .parameters_json = root.contains("parameters") ? root.at("parameters").dump() : "{}",
          .inputs_json = fields.list("inputs").dump(),
          .made = fields.text_or("made", ""),
          .host = fields.text_or("host", ""),
          .seconds = fields.maybe_real("seconds"),
          .flops = fields.maybe_real("flops"),
          .energy_joules = fields.maybe_real("energy_joules"),
          .peak_memory_bytes = fields.maybe_integer("peak_memory_bytes")};
}

}  // namespace imp::results
