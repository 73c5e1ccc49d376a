// SPDX-License-Identifier: Apache-2.0
#include "results/merge/merged_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "results/json_fields.h"
#include "results/merge/merged_questions.h"
#include "results/wide_view.h"

namespace imp::results {
namespace {

using nlohmann::json;

/// The trial of a name in both sweeps.
struct TrialPair {
  std::int64_t a = 0, b = 0;
  std::string name, status_a, status_b;
  std::string config_a, config_b;
};

std::vector<TrialPair> common_trials(Database& database, std::int64_t into, std::int64_t from) {
  std::vector<TrialPair> pairs;
  Statement row(
      database,
      "SELECT x.trial_id, y.trial_id, x.name, x.status, y.status, x.config_json, y.config_json FROM "
      "main.trial AS x JOIN b.trial AS y ON x.name = y.name WHERE x.sweep_id = ? AND y.sweep_id = ? ORDER BY "
      "x.trial_id");
  row.bind_all(into, from);
  while (row.step())
    pairs.push_back(
        {row.integer(0), row.integer(1), row.text(2), row.text(3), row.text(4), row.text(5), row.text(6)});
  return pairs;
}

/// Whether a query of the two trials' rows in main and in b gives the same rows; `columns` of `tables`.
bool same_rows(Database& database, const TrialPair& pair, const std::string& columns,
               const std::string& tables) {
  const auto rows = [&](const char* schema, std::int64_t trial) {
    std::string from = tables;
    for (std::size_t at = 0; (at = from.find('@')) != std::string::npos;)
      from.replace(at, 1, std::string(schema) + ".");
    return fmt::format("SELECT {} FROM {} WHERE trial_id = {}", columns, from, trial);
  };
  const std::string in_a = rows("main", pair.a);
  const std::string in_b = rows("b", pair.b);
  Statement differing(database,
                      fmt::format("SELECT count(*) FROM (SELECT * FROM ({0} EXCEPT {1}) UNION ALL SELECT * "
                                  "FROM ({1} EXCEPT {0}))",
                                  in_a, in_b));
  return differing.step() && differing.integer(0) == 0;
}

bool same_results(Database& database, const TrialPair& pair) {
  return same_rows(database, pair, "benchmark, metric, value", "@score") &&
         same_rows(database, pair, "benchmark, question_id, control, prediction, score",
                   "@answer JOIN @question USING (question_key) JOIN @question_set USING (question_set_id)");
}

json config_of(const std::string& text, const std::string& trial) {
  return parse_stored_json(text, fmt::format("trial '{}': config_json", trial));
}

std::vector<std::string> texts_of(Database& database, const std::string& sql, std::int64_t sweep) {
  std::vector<std::string> texts;
  Statement row(database, sql);
  row.bind_all(sweep);
  while (row.step()) texts.push_back(row.text(0));
  return texts;
}

/// Columns of a table but those named, as SQL, a comma before each; both databases have the same schema.
std::string columns_without(Database& database, const std::string& table,
                            const std::set<std::string>& left_out) {
  std::string columns;
  Statement row(database, "SELECT name FROM pragma_table_info(?, 'main')");
  row.bind_all(table);
  while (row.step()) {
    if (!left_out.contains(row.text(0))) columns += ", " + quoted_name(row.text(0));
  }
  return columns;
}

/// Tables whose rows belong to one trial and refer to nothing else of their database.
std::vector<std::string> plain_trial_tables(Database& database) {
  std::vector<std::string> tables;
  Statement row(
      database,
      "SELECT t.name FROM main.sqlite_schema AS t JOIN pragma_table_info(t.name, 'main') AS c "
      "WHERE t.type = 'table' AND c.name = 'trial_id' AND t.name NOT IN ('trial', 'attempt', 'answer', "
      "'trial_question_set') ORDER BY t.name");
  while (row.step()) tables.push_back(row.text(0));
  return tables;
}

/// All that b has of a trial but its attempts and its row in `trial`.
void copy_trial_rows(Database& database, std::int64_t to, std::int64_t from,
                     const MergedQuestions& questions) {
  for (const std::string& table : plain_trial_tables(database)) {
    const std::string columns = columns_without(database, table, {"trial_id"});
    Statement(database, fmt::format("DELETE FROM main.{} WHERE trial_id = ?", table)).run(to);
    Statement(database,
              fmt::format("INSERT INTO main.{0} (trial_id{1}) SELECT ?{1} FROM b.{0} WHERE trial_id = ?",
                          table, columns))
        .run(to, from);
  }
  questions.copy_answers(to, from);
}

/// The attempts of both sides as one history, the one that ended well last.
void join_attempts(Database& database, std::int64_t to, std::int64_t from) {
  const std::string columns = columns_without(database, "attempt", {"trial_id", "attempt"});
  database.execute(
      fmt::format("CREATE TEMP TABLE joined AS SELECT row_number() OVER (ORDER BY status = 'done', started, "
                  "attempt) AS number{2} "
                  "FROM (SELECT * FROM main.attempt WHERE trial_id = {0} UNION ALL SELECT * FROM b.attempt "
                  "WHERE trial_id = {1});"
                  "DELETE FROM main.attempt WHERE trial_id = {0};"
                  "INSERT INTO main.attempt (trial_id, attempt{2}) SELECT {0}, number{2} FROM temp.joined; "
                  "DROP TABLE temp.joined",
                  to, from, columns));
}

std::int64_t add_trial(Database& database, std::int64_t into, std::int64_t from) {
  Statement insert(
      database, fmt::format("INSERT INTO main.trial (sweep_id{0}) SELECT ?{0} FROM b.trial WHERE trial_id = "
                            "? RETURNING trial_id",
                            columns_without(database, "trial", {"trial_id", "sweep_id"})));
  insert.bind_all(into, from).step();
  const std::int64_t id = insert.integer(0);
  insert.reset();
  return id;
}

/// What b's row in `trial` says, but where the trial stands.
void replace_trial_row(Database& database, std::int64_t to, std::int64_t from) {
  const std::string columns =
      columns_without(database, "trial", {"trial_id", "sweep_id", "name", "cell_number", "cell", "seed"})
          .substr(2);
  Statement(database,
            fmt::format("UPDATE main.trial SET ({0}) = (SELECT {0} FROM b.trial WHERE trial_id = ?) WHERE "
                        "trial_id = ?",
                        columns))
      .run(from, to);
}

/// Which of two states of a trial tells more.
int rank(const std::string& status) {
  return status == "done" ? 2 : status == "planned" ? 0 : 1;
}

MergedTrials merge_trials(Database& database, std::int64_t into, std::int64_t from,
                          const MergedQuestions& questions) {
  MergedTrials merged;
  std::set<std::string> common;
  for (const TrialPair& pair : common_trials(database, into, from)) {
    common.insert(pair.name);
    if (pair.status_a == "done" && pair.status_b == "done") {
      ++merged.same;
      continue;
    }
    join_attempts(database, pair.a, pair.b);
    if (rank(pair.status_b) <= rank(pair.status_a)) continue;
    replace_trial_row(database, pair.a, pair.b);
    copy_trial_rows(database, pair.a, pair.b, questions);
    ++merged.taken;
  }
  std::vector<std::pair<std::int64_t, std::string>> of_b;
  Statement row(database, "SELECT trial_id, name FROM b.trial WHERE sweep_id = ? ORDER BY trial_id");
  row.bind_all(from);
  while (row.step()) of_b.emplace_back(row.integer(0), row.text(1));
  for (const auto& [id, name] : of_b) {
    if (common.contains(name)) continue;
    const std::int64_t added = add_trial(database, into, id);
    join_attempts(database, added, id);
    copy_trial_rows(database, added, id, questions);
    ++merged.taken;
  }
  return merged;
}

/// Trials that differ in nothing but the seed are one cell, whichever side they are from.
void number_cells(Database& database, std::int64_t sweep) {
  std::map<std::string, std::int64_t> numbers;
  std::vector<std::pair<std::int64_t, std::int64_t>> cells;  // trial, cell
  Statement row(database,
                "SELECT trial_id, name, config_json FROM main.trial WHERE sweep_id = ? ORDER BY trial_id");
  row.bind_all(sweep);
  while (row.step()) {
    json config = config_of(row.text(2), row.text(1));
    config.erase("seed");
    const auto next = static_cast<std::int64_t>(numbers.size());
    cells.emplace_back(row.integer(0), numbers.emplace(config.dump(), next).first->second);
  }
  Statement update(database, "UPDATE main.trial SET cell_number = ? WHERE trial_id = ?");
  for (const auto& [trial, cell] : cells) update.run(cell, trial);
}

/// The levels of each factor that only b has go behind those of the main sweep.
void merge_factors(Database& database, std::int64_t into, std::int64_t from) {
  Statement(
      database,
      "INSERT INTO main.factor SELECT ?1, b.position, b.name, (SELECT coalesce(max(level_position), -1) FROM "
      "main.factor WHERE sweep_id = ?1 AND position = b.position) + row_number() OVER (PARTITION BY "
      "b.position "
      "ORDER BY level_position), level FROM b.factor AS b WHERE sweep_id = ?2 AND level NOT IN (SELECT level "
      "FROM "
      "main.factor AS a WHERE a.sweep_id = ?1 AND a.position = b.position)")
      .run(into, from);
}

void merge_seeds(Database& database, std::int64_t into, std::int64_t from) {
  const auto seeds_in = [&](const char* schema, std::int64_t sweep) {
    const auto text =
        texts_of(database, fmt::format("SELECT seeds_json FROM {}.sweep WHERE sweep_id = ?", schema), sweep);
    return parse_stored_json(text.at(0), "seeds_json of a sweep");
  };
  json seeds = seeds_in("main", into);
  for (const json& seed : seeds_in("b", from)) {
    if (std::find(seeds.begin(), seeds.end(), seed) == seeds.end()) seeds.push_back(seed);
  }
  Statement(database, "UPDATE main.sweep SET seeds_json = ? WHERE sweep_id = ?").run(seeds.dump(), into);
}

/// Every text that was recorded, in the order of its time.
void merge_claims(Database& database, std::int64_t into, std::int64_t from) {
  database.execute(
      fmt::format("CREATE TEMP TABLE joined AS SELECT row_number() OVER (ORDER BY recorded) - 1 AS number, * "
                  "FROM (SELECT file, "
                  "sha256, recorded, text FROM main.claim_file WHERE sweep_id = {0} UNION SELECT file, "
                  "sha256, recorded, text FROM "
                  "b.claim_file WHERE sweep_id = {1}); DELETE FROM main.claim_file WHERE sweep_id = {0};"
                  "INSERT INTO main.claim_file SELECT {0}, number, file, sha256, recorded, text FROM "
                  "temp.joined; DROP TABLE "
                  "temp.joined",
                  into, from));
}

void merge_looks(Database& database, std::int64_t into, std::int64_t from) {
  Statement(database,
            "INSERT OR IGNORE INTO main.planned_looks SELECT ?, factor, looks, seeds_a_look, recorded FROM "
            "b.planned_looks WHERE sweep_id = ?")
      .run(into, from);
}

/// Looks at two factors of one sweep cannot both be accounted for.
bool has_other_looks(Database& database, std::int64_t into, std::int64_t from) {
  Statement other(database,
                  "SELECT 1 FROM main.planned_looks AS x, b.planned_looks AS y WHERE x.sweep_id = ? AND "
                  "y.sweep_id = ? AND (x.factor, x.looks) <> (y.factor, y.looks)");
  return other.bind_all(into, from).step();
}

}  // namespace

std::vector<std::string> sweep_conflicts(Database& database, std::int64_t into, std::int64_t from) {
  std::vector<std::string> conflicts;
  const auto differs = [&](const char* columns, const char* table) {
    const auto texts = [&](const char* schema, std::int64_t sweep) {
      return texts_of(database,
                      fmt::format("SELECT {} FROM {}.{} WHERE sweep_id = ?", columns, schema, table), sweep);
    };
    return texts("main", into) != texts("b", from);
  };
  if (differs("DISTINCT position || name", "factor")) conflicts.emplace_back("other factors");
  if (differs("benchmarks_json", "sweep")) conflicts.emplace_back("other benchmarks");
  if (has_other_looks(database, into, from)) conflicts.emplace_back("other planned looks");
  for (const TrialPair& pair : common_trials(database, into, from)) {
    if (config_of(pair.config_a, pair.name) != config_of(pair.config_b, pair.name)) {
      conflicts.push_back(fmt::format("{} has another configuration", pair.name));
    } else if (pair.status_a != "done" || pair.status_b != "done") {
      continue;
    } else if (!same_rows(database, pair, "position, kind, key", "@trial_stage")) {
      conflicts.push_back(fmt::format("{} went through other stages", pair.name));
    } else if (!same_results(database, pair)) {
      conflicts.push_back(fmt::format("{} has other scores or answers", pair.name));
    }
  }
  return conflicts;
}

std::int64_t add_empty_sweep(Database& database, std::int64_t from, const std::string& name) {
  Statement insert(database,
                   fmt::format("INSERT INTO main.sweep (name{0}) SELECT ?{0} FROM b.sweep WHERE sweep_id = ? "
                               "RETURNING sweep_id",
                               columns_without(database, "sweep", {"sweep_id", "name"})));
  insert.bind_all(name, from).step();
  const std::int64_t id = insert.integer(0);
  insert.reset();
  return id;
}

MergedTrials take_in_sweep_of_b(Database& database, std::int64_t into, std::int64_t from) {
  merge_factors(database, into, from);
  merge_seeds(database, into, from);
  merge_claims(database, into, from);
  merge_looks(database, into, from);
  const MergedQuestions questions(database, into, from);
  const MergedTrials merged = merge_trials(database, into, from, questions);
  number_cells(database, into);
  return merged;
}

void take_in_stages_of_b(Database& database) {
  database.execute(
      "INSERT INTO main.stage_step SELECT * FROM b.stage_step WHERE (kind, key) NOT IN (SELECT kind, key "
      "FROM "
      "main.stage_step); INSERT OR IGNORE INTO main.stage SELECT * FROM b.stage");
}

}  // namespace imp::results
