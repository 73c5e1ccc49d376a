// SPDX-License-Identifier: Apache-2.0
#include "results/merge/merged_questions.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

namespace imp::results {
namespace {

struct QuestionSetRow {
  std::int64_t id = 0;
  std::string benchmark, name;
};

std::vector<QuestionSetRow> sets_of(Database& database, const char* schema, std::int64_t sweep) {
  std::vector<QuestionSetRow> sets;
  Statement row(database,
                fmt::format("SELECT question_set_id, benchmark, name FROM {}.question_set WHERE sweep_id = ? "
                            "ORDER BY question_set_id",
                            schema));
  row.bind_all(sweep);
  while (row.step()) sets.push_back({row.integer(0), row.text(1), row.text(2)});
  return sets;
}

constexpr const char* kContent = "question_id, image_id, family, question, references_json";

bool same_content(Database& database, std::int64_t in_a, std::int64_t in_b) {
  Statement differing(
      database,
      fmt::format(
          "SELECT count(*) FROM (SELECT * FROM (SELECT {0} FROM main.question WHERE question_set_id = {1} "
          "EXCEPT "
          "SELECT {0} FROM b.question WHERE question_set_id = {2}) UNION ALL SELECT * FROM (SELECT {0} FROM "
          "b.question WHERE question_set_id = {2} EXCEPT SELECT {0} FROM main.question WHERE question_set_id "
          "= "
          "{1}))",
          kContent, in_a, in_b));
  return differing.step() && differing.integer(0) == 0;
}

/// The name, or one with a number behind it where the sweep has another set of that name.
std::string free_name(Database& database, std::int64_t sweep, const QuestionSetRow& set) {
  Statement taken(database,
                  "SELECT 1 FROM main.question_set WHERE sweep_id = ? AND benchmark = ? AND name = ?");
  std::string name = set.name;
  for (int number = 2; taken.bind_all(sweep, set.benchmark, name).step(); ++number)
    name = fmt::format("{} ({})", set.name, number);
  return name;
}

std::int64_t add_set(Database& database, std::int64_t sweep, const QuestionSetRow& set) {
  Statement insert(
      database,
      "INSERT INTO main.question_set (sweep_id, benchmark, name) VALUES (?, ?, ?) RETURNING question_set_id");
  insert.bind_all(sweep, set.benchmark, free_name(database, sweep, set)).step();
  const std::int64_t id = insert.integer(0);
  insert.reset();
  Statement(
      database,
      fmt::format("INSERT INTO main.question (question_set_id, {0}) SELECT ?, {0} FROM b.question WHERE "
                  "question_set_id = ? ORDER BY question_key",
                  kContent))
      .run(id, set.id);
  Statement(
      database,
      "INSERT OR IGNORE INTO main.picture (sweep_id, benchmark, image_id, question_set_id, jpeg) SELECT ?, "
      "benchmark, image_id, ?, jpeg FROM b.picture WHERE question_set_id = ?")
      .run(sweep, id, set.id);
  return id;
}

}  // namespace

MergedQuestions::MergedQuestions(Database& database, std::int64_t into, std::int64_t from)
    : database_(&database) {
  database.execute(
      "CREATE TEMP TABLE merged_set (of_b INTEGER PRIMARY KEY, of_a INTEGER NOT NULL);"
      "CREATE TEMP TABLE merged_question (of_b INTEGER PRIMARY KEY, of_a INTEGER NOT NULL)");
  Statement note(database, "INSERT INTO temp.merged_set VALUES (?, ?)");
  for (const QuestionSetRow& set : sets_of(database, "b", from)) {
    std::optional<std::int64_t> same;
    for (const QuestionSetRow& present : sets_of(database, "main", into)) {
      if (!same && present.benchmark == set.benchmark && same_content(database, present.id, set.id))
        same = present.id;
    }
    note.run(set.id, same ? *same : add_set(database, into, set));
  }
  database.execute(
      "INSERT INTO temp.merged_question SELECT y.question_key, x.question_key FROM temp.merged_set AS m JOIN "
      "b.question "
      "AS y ON y.question_set_id = m.of_b JOIN main.question AS x ON x.question_set_id = m.of_a AND "
      "x.question_id = "
      "y.question_id");
}

MergedQuestions::~MergedQuestions() {
  try {
    database_->execute("DROP TABLE temp.merged_set; DROP TABLE temp.merged_question");
  } catch (const std::exception&) {  // the connection is lost anyway, and its temporary tables with it
    return;
  }
}

void MergedQuestions::copy_answers(std::int64_t to, std::int64_t from) const {
  Statement(*database_, "DELETE FROM main.answer WHERE trial_id = ?").run(to);
  Statement(*database_, "DELETE FROM main.trial_question_set WHERE trial_id = ?").run(to);
  Statement(
      *database_,
      "INSERT INTO main.trial_question_set SELECT ?, of_a FROM b.trial_question_set JOIN temp.merged_set ON "
      "question_set_id = of_b WHERE trial_id = ?")
      .run(to, from);
  Statement(*database_,
            "INSERT INTO main.answer (trial_id, question_key, control, prediction, score, question_tokens, "
            "answer_tokens) "
            "SELECT ?, of_a, control, prediction, score, question_tokens, answer_tokens FROM b.answer JOIN "
            "temp.merged_question ON question_key = of_b WHERE trial_id = ? ORDER BY of_a, control")
      .run(to, from);
}

}  // namespace imp::results
