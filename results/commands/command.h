// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "results/database.h"
#include "results/report/table.h"

namespace CLI {
class App;
}

namespace imp::results {

/// What imp-report's subcommands share.
struct ReportOptions {
  std::string database = "results/imp.db";
  std::string sweep;   ///< empty: the newest
  std::string format;  ///< empty: `text` on a terminal, else `md`
  std::string output;  ///< empty or "-": standard output
  bool json = false;   ///< the same as format `json`
  bool open = false;   ///< write the page and show it in the browser
};

/// Runs a subcommand; returns the exit code. Throws StoreError.
using Action = std::function<int(const ReportOptions&)>;

// Each adds its subcommand to imp-report; when the command line names it, `action` becomes what it does.

void add_cost_command(CLI::App& app, Action& action);
void add_diff_command(CLI::App& app, Action& action);
void add_effects_command(CLI::App& app, Action& action);
void add_merge_command(CLI::App& app, Action& action);
void add_noise_command(CLI::App& app, Action& action);
void add_power_command(CLI::App& app, Action& action);
void add_verify_command(CLI::App& app, Action& action);

/// What imp-report does without a subcommand: a sweep's table, and its effects where the format is for
/// people.
int report_sweep(const ReportOptions& options);

/// What `--open` does: writes the sweep's page and shows it with $BROWSER, or else xdg-open. Throws
/// StoreError (environment) if neither can be started; the page is written all the same.
int open_page(const ReportOptions& options);

/// Makes a table of the sweep that the options name and writes it; returns 0.
int report_table_by(const std::function<Table(Database&, const std::string& sweep)>& make_table,
                    const ReportOptions& options);

}  // namespace imp::results
