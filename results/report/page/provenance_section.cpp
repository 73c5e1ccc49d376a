// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "results/report/display.h"
#include "results/report/page/markup.h"
#include "results/report/page/sections.h"

namespace imp::results {
namespace {

/// One row for all trials that were made alike.
Table machines(PageSource& source) {
  Table table;
  table.title = "Code and machines";
  table.columns = {{"imp", false, {"imp_version"}},        {"commit", false, {"git_commit"}},
                   {"LibTorch", false, {"torch_version"}}, {"host", false, {"host"}},
                   {"processor", false, {"cpu"}},          {"GPU", false, {"gpu"}},
                   {"threads", true, {"threads"}},         {"dtype", false, {"dtype"}},
                   {"trials", true, {"trials"}},           {"first started", false, {"started"}},
                   {"last ended", false, {"ended"}}};
  Statement statement(
      source.database,
      "SELECT imp_version, git_commit || iif(git_dirty, ' (edited)', ''), torch_version, host, cpu, "
      "gpu, threads, dtype, count(*), min(started), max(ended) FROM v_provenance WHERE sweep = ? "
      "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 10");
  statement.bind_all(source.data.name);
  while (statement.step()) {
    std::vector<Cell> row;
    for (int column = 0; column < static_cast<int>(table.columns.size()); ++column) {
      const std::string text = statement.text(column);
      row.push_back({text.empty() ? kNothing : text, {text}});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::string provenance_section(PageSource& source) {
  std::string text;
  const Table table = machines(source);
  if (!table.rows.empty()) text += html_table(table, {.id = "table-provenance", .caption = table.title});
  Statement sweep(source.database, "SELECT spec_file, spec_text, created FROM sweep WHERE sweep_id = ?");
  if (sweep.bind_all(source.data.sweep_id).step()) {
    text += fmt::format(
        "<p class=\"soft\">Planned {}.</p>\n<details><summary>The sweep file {}</summary>\n<pre "
        "tabindex=\"0\">{}</pre>"
        "</details>\n",
        html_escaped(sweep.text(2)), html_escaped(sweep.text(0)), html_escaped(sweep.text(1)));
  }
  return text;
}

std::string reading_section() {
  return R"html(<dl>
<dt><strong>Score ± 95 %</strong></dt><dd>The mean over seeds, and how far other questions (those of one picture taken
together) and other seeds would move it.</dd>
<dt><strong>Effect</strong></dt><dd>The mean difference between cells that differ in one factor alone, with its own
interval. All cells answer the same questions, so a difference is surer than the two scores' errors suggest: read effects,
do not subtract scores.</dd>
<dt><strong>What an interval does not hold</strong></dt><dd>What the seeds share: the first training stage, the data, the
pretrained models. Another data set or another pretrained model may give another effect.</dd>
<dt><strong>Resolved</strong></dt><dd>The 95 % interval excludes zero. With many comparisons some do so by chance: p (Holm)
accounts for all that the table shows.</dd>
<dt><strong>s.d.</strong></dt><dd>The difference in standard deviations of a score from question to question.</dd>
<dt><strong>Blind</strong></dt><dd>The same model asked the same questions with the picture withheld: what the question
alone gives away. A cell that is not clearly over blind has not learned to look.</dd>
<dt><strong>Shuffled, ocr</strong></dt><dd>Further controls: with another question's picture; without a picture, but with the
text in it as part of the question. The table shows the strongest of them and by how much the score is over it.</dd>
<dt><strong>One seed</strong></dt><dd>Intervals are then of these checkpoints, not of the recipe.</dd>
</dl>
)html";
}

}  // namespace imp::results
