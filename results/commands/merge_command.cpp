// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "results/commands/command.h"
#include "results/commands/output.h"
#include "results/merge/merge.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

struct Inputs {
  std::string a, b;
};

Table report_of(const MergeReport& report, const std::string& out) {
  Table table{"merged into " + out,
              {{"sweeps", true, {"sweeps"}},
               {"trials from B", true, {"from_b"}},
               {"trials in both", true, {"same"}},
               {"conflicts", true, {"conflicts"}}},
              {},
              report.conflicts,
              {}};
  table.rows.emplace_back();
  for (const std::size_t count : {report.sweeps, report.from_b, report.same, report.conflicts.size()})
    table.rows.back().push_back({fmt::format("{}", count), {static_cast<std::int64_t>(count)}});
  return table;
}

int merge(const ReportOptions& options, const Inputs& inputs) {
  if (options.output.empty() || options.output == "-")
    throw StoreError("merge writes a new database; name it with -o C.db");
  ReportOptions to_stdout = options;
  to_stdout.output.clear();
  const Output output(to_stdout, {});
  const MergeReport report = merge_databases(inputs.a, inputs.b, options.output);
  output.write(report_of(report, options.output));
  return report.conflicts.empty() ? 0 : 1;
}

}  // namespace

void add_merge_command(CLI::App& app, Action& action) {
  const auto inputs = std::make_shared<Inputs>();
  CLI::App* command =
      app.add_subcommand("merge",
                         "A new database (-o C.db) of what two hold; sweeps of one name become one. Exit "
                         "code 0: done; 1: done, but a sweep "
                         "could not become one with that of the same name and is kept beside it");
  command->add_option("a", inputs->a, "Results database")->required();
  command->add_option("b", inputs->b, "The other one")->required();
  command->callback([inputs, &action] {
    action = [inputs](const ReportOptions& options) { return merge(options, *inputs); };
  });
}

}  // namespace imp::results
