// SPDX-License-Identifier: Apache-2.0
#include "results/wide_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

namespace imp::results {
namespace {

std::string quoted_with(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char letter : text) {
    if (letter == quote) quoted += quote;
    // SQL text cannot carry a NUL; no file name does either, and benchmark names come from file names.
    if (letter != '\0') quoted += letter;
  }
  return quoted + quote;
}

/// SQLite compares column names without case (ASCII letters only).
std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
  });
  return text;
}

std::vector<std::string> known_benchmarks(Database& database) {
  std::vector<std::string> names;
  // Those that sweeps plan too: a query written before the first score must not fail.
  Statement statement(
      database,
      "SELECT benchmark FROM score WHERE main = 1 UNION SELECT j.value FROM sweep, "
      "json_each(CASE WHEN json_valid(benchmarks_json) THEN benchmarks_json ELSE '[]' END) AS j "
      "WHERE j.type = 'text' ORDER BY 1");
  while (statement.step()) names.push_back(statement.text(0));
  return names;
}

std::string wide_view_sql(const std::vector<std::string>& benchmarks) {
  std::set<std::string> taken{"sweep",     "cell",   "llm",  "encoder", "finetune",
                              "lora_rank", "epochs", "data", "seeds",   "average"};
  std::string pivoted;
  std::string shown;
  for (std::size_t i = 0; i < benchmarks.size(); ++i) {
    std::string column = benchmarks[i];
    while (!taken.insert(lower_case(column)).second) column += "_score";
    pivoted += fmt::format("         max(CASE WHEN benchmark = {} THEN value END) AS b{},\n",
                           quoted_with(benchmarks[i], '\''), i);
    shown += fmt::format("       p.b{} AS {},\n", i, quoted_name(column));
  }
  return fmt::format(R"(CREATE VIEW v_wide AS
WITH cell AS (
  SELECT sweep_id, cell_number, cell, config_json, min(seed),
         count(DISTINCT CASE WHEN status = 'done' THEN seed END) AS seeds
  FROM trial GROUP BY sweep_id, cell_number),
scored AS (
  SELECT sweep_id, cell_number, benchmark, avg(value) AS value
  FROM trial JOIN score USING (trial_id) WHERE main = 1 AND status = 'done'
  GROUP BY sweep_id, cell_number, benchmark),
expected AS (SELECT sweep_id, count(DISTINCT benchmark) AS benchmarks FROM scored GROUP BY sweep_id),
pivot AS (
  SELECT sweep_id, cell_number,
{}         avg(value) AS average, count(*) AS benchmarks
  FROM scored GROUP BY sweep_id, cell_number)
SELECT sweep.name AS sweep, c.cell AS cell,
       json_extract(c.config_json, '$.llm') AS llm,
       json_extract(c.config_json, '$.encoder') AS encoder,
       json_extract(c.config_json, '$.finetune') AS finetune,
       json_extract(c.config_json, '$.lora_rank') AS lora_rank,
       json_extract(c.config_json, '$.epochs') AS epochs,
       json_extract(c.config_json, '$.finetune_data') AS data,
       c.seeds AS seeds,
{}       CASE WHEN p.benchmarks = e.benchmarks THEN p.average END AS average
FROM cell AS c JOIN sweep USING (sweep_id)
LEFT JOIN pivot AS p ON p.sweep_id = c.sweep_id AND p.cell_number = c.cell_number
LEFT JOIN expected AS e ON e.sweep_id = c.sweep_id
ORDER BY c.sweep_id, c.cell_number)",
                     pivoted, shown);
}

}  // namespace

std::string quoted_name(std::string_view name) {
  return quoted_with(name, '"');
}

void refresh_wide_view(Database& database) {
  const std::string wanted = wide_view_sql(known_benchmarks(database));
  Statement present(database, "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = 'v_wide'");
  if (present.step() && present.text(0) == wanted) return;
  present.reset();
  database.execute("DROP VIEW IF EXISTS v_wide;\n" + wanted);
}

}  // namespace imp::results
